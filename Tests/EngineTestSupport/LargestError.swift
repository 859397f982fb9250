import TensorGraph

/// The element of a tensor that is furthest from what it should be.
public struct LargestError: Sendable, CustomStringConvertible {
  public private(set) var error: Double = 0
  public private(set) var tensor = ""
  /// Index along each axis.
  public private(set) var index: [Int] = []
  public private(set) var found: Double = 0
  public private(set) var expected: Double = 0

  public init() {}

  public var description: String {
    "largest error \(error) in \(tensor)\(index): found \(found), expected \(expected)"
  }

  /// Takes in a tensor's elements: differences are divided by the larger of
  /// the expected magnitude and `floor`. What is not finite is infinitely wrong.
  public mutating func merge(
    _ tensor: String, found: [Double], expected: [Double], shape: Shape, floor: Double
  ) {
    guard found.count == expected.count else {
      self.tensor = "\(tensor) (\(found.count) elements, not \(expected.count))"
      error = .infinity
      return
    }
    for (offset, (a, b)) in zip(found, expected).enumerated() {
      let difference = abs(a - b)
      let relative =
        difference == 0 ? 0 : difference.isFinite ? difference / max(abs(b), floor) : .infinity
      guard relative > error else { continue }
      error = relative
      self.tensor = tensor
      index = zip(shape.strides, shape.dimensions).map { offset / $0 % $1 }
      self.found = a
      self.expected = b
    }
  }

  /// Takes in the root mean square of a tensor's differences, divided by `floor`.
  public mutating func mergeRootMeanSquare(
    _ tensor: String, found: [Double], expected: [Double], floor: Double
  ) {
    let squares = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let difference = (squares / Double(max(expected.count, 1))).squareRoot()
    merge(
      "differences of \(tensor)",
      found: found.count == expected.count ? [difference] : [], expected: [0], shape: [1],
      floor: floor)
  }
}
