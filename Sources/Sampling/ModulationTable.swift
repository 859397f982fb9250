// R rows, see Guidance.swift; K times, U labels, M modulations.
import TensorGraph

/// The modulations of one network at all times of a plan, by label.
///
/// At SiT-XL/2 the layers that make them hold a third of all weights and do a five-hundredth of the
/// arithmetic: what they take is the time to read 0.9 GB. Here that is read once for the null
/// class and once for the other classes of a batch, at all times together, instead of in every
/// evaluation.
///
/// Rounding may depend on how many rows a product has, so what is multiplied together depends on
/// the batch's labels alone and never on what earlier batches left: a run that is resumed ends
/// with the same bytes.
final class ModulationTable {
  /// Bytes of finished products that are kept for later batches.
  static let defaultCapacity = 256 << 20
  /// Classes are multiplied together up to this number of rows, K of each class: reading the
  /// weights is then a small part, and more rows only take memory.
  static let rowsPerProduct = 128

  /// Some labels' modulations.
  private struct Product {
    let labels: [Int32]
    /// (U, K, M).
    let values: HostTensor
  }

  private let conditioning: Conditioning
  private let role: NetworkRole
  /// In order, each once.
  private let times: [Float]
  private let nullClass: Int32
  private let capacity: Int
  private let compile: (Graph) throws -> any Program
  private var null: Product?
  /// Least recently used first.
  private var kept: [Product] = []

  /// - Parameter compile: makes programs that run once or twice: it must not pack weights, which
  ///   takes longer than to use them.
  init(
    _ conditioning: Conditioning, _ role: NetworkRole, times: Set<Float>, nullClass: Int,
    capacity: Int = defaultCapacity, compile: @escaping (Graph) throws -> any Program
  ) {
    self.conditioning = conditioning
    self.role = role
    self.times = times.sorted()
    self.nullClass = Int32(clamping: nullClass)
    self.capacity = capacity
    self.compile = compile
  }

  /// The sets of labels that a batch multiplies together.
  static func groups(_ labels: [Int32], times: Int, nullClass: Int32) -> [[Int32]] {
    let classes = Set(labels).subtracting([nullClass]).sorted()
    let size = max(1, rowsPerProduct / max(times, 1))
    let groups = stride(from: 0, to: classes.count, by: size).map {
      Array(classes[$0..<min($0 + size, classes.count)])
    }
    return labels.contains(nullClass) ? [[nullClass]] + groups : groups
  }

  /// The modulations of a batch's rows.
  func batch(_ labels: [Int32]) throws -> BatchModulations {
    let groups = Self.groups(labels, times: times.count, nullClass: nullClass)
    var programs: [Int: any Program] = [:]
    let products = try groups.map { group in
      if let known = recall(group) { return known }
      let program =
        try programs[group.count]
        ?? compile(
          conditioning.graph(role, times: times.count, labels: group.count))
      programs = [group.count: program]
      let product = Product(
        labels: group,
        values: try conditioning.run(program, times: times, labels: group))
      keep(product)
      return product
    }
    var places: [Int32: BatchModulations.Place] = [:]
    for product in products {
      for (row, label) in product.labels.enumerated() {
        places[label] = BatchModulations.Place(
          values: product.values, offset: row * times.count * conditioning.size)
      }
    }
    return BatchModulations(
      times: times, size: conditioning.size, rows: labels.compactMap { places[$0] })
  }

  private func recall(_ group: [Int32]) -> Product? {
    if group == null?.labels { return null }
    guard let index = kept.firstIndex(where: { $0.labels == group }) else { return nil }
    let product = kept.remove(at: index)
    kept.append(product)
    return product
  }

  private func keep(_ product: Product) {
    if product.labels == [nullClass] {
      null = product
    } else {
      kept.append(product)
      var bytes = kept.reduce(0) { $0 + $1.values.type.byteCount }
      while bytes > capacity { bytes -= kept.removeFirst().values.type.byteCount }
    }
  }
}

/// The modulations of one batch's rows at all times of a plan.
struct BatchModulations {
  /// Where a label's modulations begin, those of all times one after the other.
  struct Place {
    let values: HostTensor
    let offset: Int
  }

  let times: [Float]
  /// M.
  let size: Int
  let rows: [Place]

  /// (R, M).
  func at(_ time: Float) throws -> HostTensor {
    guard let index = times.firstIndex(of: time) else {
      throw ProgramError("modulations at t = \(time) are not in the table")
    }
    let result = HostTensor(shape: [rows.count, size])
    for (row, place) in rows.enumerated() {
      let start = place.offset + index * size
      _ = result.floats[(row * size)...].update(
        fromContentsOf: place.values.floats[start..<start + size])
    }
    return result
  }
}
