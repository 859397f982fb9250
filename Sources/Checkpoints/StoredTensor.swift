/// What is known of a tensor in a file before it is read.
public struct StoredTensor: Sendable, Equatable {
  /// The key; the names of nested containers are joined by slashes, as in `ema/pos_embed`.
  public let name: String
  public let type: TensorType
  /// Empty for a scalar. The type's bytes times the dimensions fit an `Int`.
  public let shape: [Int]

  /// - Precondition: `type.byteCount(shape: shape)` is not nil; readers check that.
  init(name: String, type: TensorType, shape: [Int]) {
    self.name = name
    self.type = type
    self.shape = shape
  }

  /// Number of elements; 1 for a scalar.
  public var count: Int { shape.reduce(1, *) }
  /// Bytes of the elements, row-major without gaps.
  public var byteCount: Int { count * type.size }
}
