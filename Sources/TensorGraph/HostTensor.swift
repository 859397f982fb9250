import Foundation

/// Numbers in memory: what programs are fed, what they return, what their
/// variables live in. A reference: programs that share one see each other's writes.
public final class HostTensor: @unchecked Sendable {
  public let type: TensorType
  /// Row-major elements, aligned to 64 bytes where this tensor owns them. Like `floats` and `integers` a view into
  /// this tensor: whoever keeps the view keeps the tensor too, or uses
  /// `withExtendedLifetime`; the last mention of the tensor may free it.
  public let bytes: UnsafeMutableRawBufferPointer

  /// Keeps memory that is not this tensor's own.
  private let owner: AnyObject?

  public var shape: Shape { type.shape }

  /// Zeros.
  public init(_ type: TensorType) {
    self.type = type
    let count = max(type.byteCount, 1)
    owner = nil
    bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    // A loop over bytes would cost seconds for large models in debug builds.
    _ = bytes.baseAddress.map { memset($0, 0, count) }
  }

  /// A view into memory that `owner` keeps alive, such as a mapped file.
  /// - Parameter bytes: exactly the type's, aligned to its element.
  public init(_ type: TensorType, bytes: UnsafeMutableRawBufferPointer, owner: AnyObject) {
    precondition(bytes.count == type.byteCount, "one place for each element")
    self.type = type
    self.bytes = bytes
    self.owner = owner
  }

  public convenience init(shape: Shape) { self.init(TensorType(shape)) }

  /// `values`, row-major; their number must be the shape's.
  public convenience init(_ values: [Float], shape: Shape) {
    precondition(values.count == shape.elementCount, "one value for each element")
    self.init(TensorType(shape))
    _ = floats.update(fromContentsOf: values)
  }

  public convenience init(_ values: [Int32], shape: Shape) {
    precondition(values.count == shape.elementCount, "one value for each element")
    self.init(TensorType(shape, .int32))
    _ = integers.update(fromContentsOf: values)
  }

  deinit { if owner == nil { bytes.deallocate() } }

  public var floats: UnsafeMutableBufferPointer<Float> {
    precondition(type.element == .float32)
    return UnsafeMutableBufferPointer(
      start: bytes.baseAddress?.assumingMemoryBound(to: Float.self), count: shape.elementCount)
  }

  public var integers: UnsafeMutableBufferPointer<Int32> {
    precondition(type.element == .int32)
    return UnsafeMutableBufferPointer(
      start: bytes.baseAddress?.assumingMemoryBound(to: Int32.self), count: shape.elementCount)
  }

  /// The elements as an array of their own.
  public func array() -> [Float] { withExtendedLifetime(self) { Array(floats) } }

  public func copy() -> HostTensor {
    let result = HostTensor(type)
    result.bytes.copyMemory(from: UnsafeRawBufferPointer(bytes))
    return result
  }

  public func copyContents(of other: HostTensor) {
    precondition(other.type == type, "copies need equal types")
    bytes.copyMemory(from: UnsafeRawBufferPointer(other.bytes))
  }
}
