/// The sizes of a tensor's axes, slowest first; a scalar has none.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
  public let dimensions: [Int]

  public init(_ dimensions: [Int]) { self.dimensions = dimensions }
  public init(arrayLiteral elements: Int...) { dimensions = elements }

  public static let scalar: Shape = []

  public var rank: Int { dimensions.count }
  /// The product of the axes; `Int.max` where it is larger than that.
  public var elementCount: Int {
    dimensions.reduce(1) { count, size in
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      return overflow ? .max : product
    }
  }
  public subscript(axis: Int) -> Int { dimensions[axis] }
  public var description: String { "[\(dimensions.map(String.init).joined(separator: ", "))]" }

  /// Row-major strides in elements.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  /// The shape both broadcast to, aligned at the last axis, or nil.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = max(self.rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let a = axis - (rank - self.rank)
      let b = axis - (rank - other.rank)
      let left = a >= 0 ? dimensions[a] : 1
      let right = b >= 0 ? other.dimensions[b] : 1
      guard left == right || left == 1 || right == 1 else { return nil }
      result[axis] = left == 1 ? right : left
    }
    return Shape(result)
  }

  /// Strides for reading this shape as if it had shape `target`: 0 along broadcast axes.
  public func broadcastStrides(to target: Shape) -> [Int] {
    let own = strides
    return (0..<target.rank).map { axis in
      let a = axis - (target.rank - rank)
      return a < 0 || (dimensions[a] == 1 && target[axis] != 1) ? 0 : own[a]
    }
  }

  /// Every axis but the last, as one number of rows.
  public var rowCount: Int { dimensions.dropLast().reduce(1, *) }
  /// The last axis; 1 for a scalar.
  public var rowLength: Int { dimensions.last ?? 1 }
}

/// What a tensor's elements are.
public enum ElementType: String, Hashable, Sendable {
  case float32
  /// Labels and other row numbers.
  case int32

  public var byteCount: Int { 4 }
}

/// A tensor's shape and element type.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  public let shape: Shape
  public let element: ElementType

  public init(_ shape: Shape, _ element: ElementType = .float32) {
    self.shape = shape
    self.element = element
  }

  public var byteCount: Int { shape.elementCount * element.byteCount }

  /// Every axis has an element, and the bytes can be counted: no graph holds another type.
  var isUsable: Bool {
    shape.dimensions.allSatisfy { $0 >= 1 } && shape.elementCount <= Int.max / element.byteCount
  }
  public var description: String { "\(element.rawValue)\(shape)" }
}
