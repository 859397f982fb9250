// n samples; R rows: n for each branch, see Guidance.swift.
import TensorGraph

/// The samples of a batch that are not at the end of their paths, in batches of few sizes, so
/// that programs are few: all n, ⌈n/2⌉, ⌈n/4⌉, …, 1.
struct ActiveSamples {
  /// Of the batch.
  let count: Int
  let branches: Int
  /// Who is under way, in order; then whoever fills the batch up.
  let picked: [Int]
  /// How many of `picked` are under way.
  let wanted: Int

  /// - Parameter samples: increasing, at least one.
  init(_ samples: [Int], of count: Int, branches: Int) {
    self.count = count
    self.branches = branches
    wanted = samples.count
    let size = Self.sizes(count).last { $0 >= samples.count } ?? count
    let filling = Array(repeating: samples.first ?? 0, count: size - samples.count)
    picked = samples + filling
  }

  /// Sizes of batches, the largest first.
  static func sizes(_ count: Int) -> [Int] {
    var sizes = [max(count, 1)]
    while let last = sizes.last, last > 1 { sizes.append((last + 1) / 2) }
    return sizes
  }

  /// Rows of the whole batch that the program's rows are of.
  var rows: [Int] { (0..<branches).flatMap { branch in picked.map { branch * count + $0 } } }

  /// The program's rows of the sample picked at `position`.
  func rows(at position: Int) -> [Int] { (0..<branches).map { $0 * picked.count + position } }

  /// The whole batch's rows of a sample.
  func rows(of sample: Int) -> [Int] { (0..<branches).map { $0 * count + sample } }

  /// Rows of a tensor of the whole batch.
  func gather(_ tensor: HostTensor) -> HostTensor {
    wanted == count ? tensor : tensor.rows(rows)
  }

  func gather(_ state: SampleState) -> SampleState {
    SampleState(x: gather(state.x), others: state.others.mapValues { gather($0) })
  }
}

extension HostTensor {
  private var rowBytes: Int { type.byteCount / max(shape[0], 1) }

  /// Some rows, which may repeat.
  func rows(_ rows: [Int]) -> HostTensor {
    let result = HostTensor(
      TensorType(Shape([rows.count] + shape.dimensions.dropFirst()), type.element))
    for (row, source) in rows.enumerated() {
      result.copyRow(row, from: self, at: source)
    }
    return result
  }

  /// Puts a row of `other` in place of one of this tensor's.
  func copyRow(_ row: Int, from other: HostTensor, at source: Int) {
    let length = rowBytes
    UnsafeMutableRawBufferPointer(rebasing: bytes[row * length..<(row + 1) * length])
      .copyMemory(
        from: UnsafeRawBufferPointer(rebasing: other.bytes[source * length..<(source + 1) * length])
      )
  }

  /// √ of the mean of squares over some rows of floats.
  func rootMeanSquare(rows: [Int]) -> Double {
    let length = shape.elementCount / max(shape[0], 1)
    var sum = 0.0
    for row in rows {
      for value in floats[row * length..<(row + 1) * length] {
        sum += Double(value) * Double(value)
      }
    }
    return (sum / Double(max(rows.count * length, 1))).squareRoot()
  }
}
