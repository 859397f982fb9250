import TensorGraph

/// The numbers of one step, in memory that is used again and again.
public final class Batch: @unchecked Sendable {
  // Unchecked: `Prefetcher` hands a batch from the filling thread to the training
  // thread and back, and never lets both hold it.

  public let count: Int
  /// One tensor (count, …) for each input of the loss, by name.
  public let tensors: [String: HostTensor]
  /// Which sample of the data each row is, for messages.
  public var indices: [Int]

  public init(_ inputs: [BatchInput], count: Int) {
    self.count = count
    tensors = Dictionary(
      inputs.map { ($0.name, HostTensor($0.type(count))) }, uniquingKeysWith: { first, _ in first })
    indices = [Int](repeating: 0, count: count)
  }

  /// The floats of row `row` of input `name`; nil where the loss takes no such input.
  public func floats(_ name: String, row: Int) -> UnsafeMutableBufferPointer<Float>? {
    guard let tensor = tensors[name] else { return nil }
    let length = tensor.shape.elementCount / count
    return UnsafeMutableBufferPointer(
      rebasing: tensor.floats[row * length..<(row + 1) * length])
  }

  /// Sets the one integer of row `row` of input `name`, where the loss takes it.
  public func setInteger(_ name: String, row: Int, _ value: Int32) {
    tensors[name]?.integers[row] = value
  }

  /// Sets the one float of row `row` of input `name`, where the loss takes it.
  public func setFloat(_ name: String, row: Int, _ value: Float) {
    tensors[name]?.floats[row] = value
  }
}

/// Where batches come from. What a batch holds is a function of the step's number
/// alone, not of what was drawn before: so a resumed run goes on as if nothing
/// had happened.
public protocol BatchSource: Sendable {
  /// Fills `batch` for step `step`, counted from 0. Called by one thread at a time.
  func fill(_ batch: Batch, step: Int) throws
}

/// Samples set aside to measure a loss on, with draws that are always the same.
public protocol HeldOutSource: Sendable {
  var count: Int { get }
  /// Fills row `row` of `batch` with held-out sample `index`, 0 ..< count.
  /// - Returns: the bin of t that the sample counts towards, 0 ..< `binCount`.
  func fill(_ batch: Batch, row: Int, index: Int) throws -> Int
  /// Number of bins the loss is reported by.
  var binCount: Int { get }
}
