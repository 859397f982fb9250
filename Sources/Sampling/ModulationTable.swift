// R rows, see Guidance.swift; K times, U labels, M modulations.
import TensorGraph

/// The modulations of one network at all times of a plan, by label.
///
/// At SiT-XL/2 the layers that make them hold a third of all weights and do a five-hundredth of the
/// arithmetic: what they take is the time to read 0.9 GB. Here that is read once for the null
/// class and once for the other classes of a batch, at all times together, instead of in every
/// evaluation. Plans of more times than a window holds, whose modulations could fill any memory,
/// are served window by window.
///
/// Rounding may depend on how many rows a product has, so what is multiplied together depends on
/// the plan and the batch's labels alone and never on what earlier batches left: a run that is resumed ends
/// with the same bytes.
final class ModulationTable {
  /// Bytes of finished products that are kept for later batches.
  static let defaultCapacity = 256 << 20
  /// Times that are multiplied together.
  static let timesPerWindow = 32
  /// Classes are multiplied together up to this number of rows, K of each class: reading the
  /// weights is then a small part, and more rows only take memory.
  static let rowsPerProduct = 128

  /// Some labels' modulations at the times of a window.
  struct Product {
    let window: Int
    let labels: [Int32]
    /// (U, K, M).
    let values: HostTensor
  }

  let conditioning: Conditioning
  /// In order, each once.
  let windows: [[Float]]
  private let role: NetworkRole
  private let nullClass: Int32
  private let capacity: Int
  /// Whether the null class is kept for good, because that takes no more than the capacity.
  private let keepsNull: Bool
  private let compile: (Graph) throws -> any Program
  private var null: [Int: Product] = [:]
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
    windows = Self.windows(times)
    self.nullClass = Int32(clamping: nullClass)
    self.capacity = capacity
    keepsNull = 4 * times.count * conditioning.size <= capacity
    self.compile = compile
  }

  /// The times that are multiplied together.
  static func windows(_ times: Set<Float>) -> [[Float]] { cut(times.sorted(), timesPerWindow) }

  /// The sets of labels that are multiplied together, at the times of one window.
  static func groups(_ labels: [Int32], times: Int, nullClass: Int32) -> [[Int32]] {
    let classes = Set(labels).subtracting([nullClass]).sorted()
    let groups = cut(classes, max(1, rowsPerProduct / max(times, 1)))
    return labels.contains(nullClass) ? [[nullClass]] + groups : groups
  }

  private static func cut<Element>(_ elements: [Element], _ size: Int) -> [[Element]] {
    stride(from: 0, to: elements.count, by: size).map {
      Array(elements[$0..<min($0 + size, elements.count)])
    }
  }

  /// The modulations of a batch's rows, computed as they are asked for.
  func batch(_ labels: [Int32]) -> BatchModulations { BatchModulations(labels, in: self) }

  /// Forgets what a run over all classes, one after the other, could not have kept.
  func forget(classes count: Int) {
    let times = windows.reduce(0) { $0 + $1.count }
    let bytes = 4.0 * Double(count) * Double(times) * Double(conditioning.size)
    if bytes > Double(capacity) { kept = [] }
  }

  /// The products that hold `labels` at the times of a window.
  func products(_ labels: [Int32], window: Int) throws -> [Product] {
    let times = windows[window]
    let groups = Self.groups(labels, times: times.count, nullClass: nullClass)
    var program: (labels: Int, any Program)?
    return try groups.map { group in
      if let known = recall(group, window) { return known }
      if program?.labels != group.count { program = nil }
      let ready =
        try program ?? (
          group.count,
          compile(conditioning.graph(role, times: times.count, labels: group.count))
        )
      program = ready
      let product = Product(
        window: window, labels: group,
        values: try conditioning.run(ready.1, times: times, labels: group))
      keep(product)
      return product
    }
  }

  private func recall(_ group: [Int32], _ window: Int) -> Product? {
    if let product = null[window], product.labels == group { return product }
    let known = kept.firstIndex { $0.labels == group && $0.window == window }
    guard let known else { return nil }
    let product = kept.remove(at: known)
    kept.append(product)
    return product
  }

  private func keep(_ product: Product) {
    if keepsNull, product.labels == [nullClass] {
      null[product.window] = product
    } else {
      kept.append(product)
      var bytes = kept.reduce(0) { $0 + $1.values.type.byteCount }
      while bytes > capacity { bytes -= kept.removeFirst().values.type.byteCount }
    }
  }
}

/// The modulations of one batch's rows at the times of a plan.
final class BatchModulations {
  /// Where a label's modulations at the times of a window begin, one time after the other.
  private struct Place {
    let values: HostTensor
    let offset: Int
  }

  private let labels: [Int32]
  private let table: ModulationTable
  /// Of the present windows: two, as a step may begin in one and end in the next.
  private var held: [(window: Int, places: [Int32: Place])] = []

  fileprivate init(_ labels: [Int32], in table: ModulationTable) {
    self.labels = labels
    self.table = table
  }

  /// (R, M).
  func at(_ time: Float) throws -> HostTensor {
    guard let window = table.windows.firstIndex(where: { $0.contains(time) }),
      let index = table.windows[window].firstIndex(of: time)
    else { throw ProgramError("modulations at t = \(time) are not in the table") }
    let places = try places(window)
    let size = table.conditioning.size
    let result = HostTensor(shape: [labels.count, size])
    for (row, label) in labels.enumerated() {
      guard let place = places[label] else {
        throw ProgramError("modulations of label \(label) are not in the table")
      }
      let start = place.offset + index * size
      _ = result.floats[(row * size)...].update(
        fromContentsOf: place.values.floats[start..<start + size])
    }
    return result
  }

  private func places(_ window: Int) throws -> [Int32: Place] {
    if let known = held.first(where: { $0.window == window }) { return known.places }
    if held.count == 2 { held.removeFirst() }
    var places: [Int32: Place] = [:]
    for product in try table.products(labels, window: window) {
      for (row, label) in product.labels.enumerated() {
        places[label] = Place(
          values: product.values,
          offset: row * table.windows[window].count * table.conditioning.size)
      }
    }
    held.append((window, places))
    return places
  }
}
