import CDNN
import CKernels
import TensorGraph

/// C = A·Bᵀ in float32 for one size, in the thread that asks for it.
///
/// Work that is cut into equal tiles has one of these for each of its threads: no thread
/// waits for another inside a product, and the numbers do not depend on how many there are.
/// Not for two threads at once.
public final class TileProduct {
  /// A (rows, depth) and B (columns, depth), to be filled; C (rows, columns) after ``run()``.
  public let left: HostTensor
  public let right: HostTensor
  public let result: HostTensor

  private let primitive: Primitive

  /// - Throws: `ProgramError` where oneDNN refuses.
  public init(rows: Int, columns: Int, depth: Int) throws {
    left = HostTensor(shape: [rows, depth])
    right = HostTensor(shape: [columns, depth])
    result = HostTensor(shape: [rows, columns])
    primitive = try Primitive.alone {
      try Primitive.matmul(
        cdnn_tensor([rows, depth]), cdnn_tensor([depth, columns], strides: [1, depth]),
        cdnn_tensor([rows, columns]))
    }
    guard let a = left.bytes.baseAddress, let b = right.bytes.baseAddress,
      let c = result.bytes.baseAddress
    else { throw ProgramError("no memory for a tile") }
    primitive.bind(CDNN_SRC, a)
    primitive.bind(CDNN_WEIGHTS, b)
    primitive.bind(CDNN_DST, c)
  }

  public func run() throws { try Primitive.alone(primitive.execute) }
}

extension Primitive {
  /// Runs `body` with a pool of this thread alone; libgomp keeps the size for each thread.
  static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    let threads = ck_threads()
    ck_set_threads(1)
    defer { ck_set_threads(threads) }
    return try body()
  }
}
