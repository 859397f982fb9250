/// A symbolic tensor: a value of a graph, known by its shape alone until the
/// graph is compiled and run. Operations on it add nodes to its graph.
public struct Tensor {
  public let graph: Graph
  public let value: Graph.Value

  public var type: TensorType { graph.type(of: value) }
  public var shape: Shape { type.shape }

  func apply(_ operation: Operation, _ others: Tensor...) throws -> Tensor {
    try graph.add(operation, [self] + others)[0]
  }
}

// MARK: Element by element

extension Tensor {
  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try a.apply(.binary(.add), b) }
  public static func - (a: Tensor, b: Tensor) throws -> Tensor {
    try a.apply(.binary(.subtract), b)
  }
  public static func * (a: Tensor, b: Tensor) throws -> Tensor {
    try a.apply(.binary(.multiply), b)
  }
  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try a.apply(.binary(.divide), b) }
  public static func + (a: Tensor, b: Float) throws -> Tensor { try a + a.graph.constant(b) }
  public static func - (a: Tensor, b: Float) throws -> Tensor { try a - a.graph.constant(b) }
  public static func * (a: Tensor, b: Float) throws -> Tensor { try a * a.graph.constant(b) }
  public static func * (a: Float, b: Tensor) throws -> Tensor { try b * a }
  public static func - (a: Float, b: Tensor) throws -> Tensor { try b.graph.constant(a) - b }

  public func maximum(_ other: Tensor) throws -> Tensor { try apply(.binary(.maximum), other) }
  public func minimum(_ other: Tensor) throws -> Tensor { try apply(.binary(.minimum), other) }
  public func greaterOrEqual(_ other: Tensor) throws -> Tensor {
    try apply(.binary(.greaterOrEqual), other)
  }
  public func clamped(to range: ClosedRange<Float>) throws -> Tensor {
    try maximum(graph.constant(range.lowerBound)).minimum(graph.constant(range.upperBound))
  }

  public func callAsFunction(_ function: UnaryFunction) throws -> Tensor {
    try apply(.unary(function))
  }
  public func exponential() throws -> Tensor { try self(.exponential) }
  public func logarithm() throws -> Tensor { try self(.logarithm) }
  public func squareRoot() throws -> Tensor { try self(.squareRoot) }
  public func sine() throws -> Tensor { try self(.sine) }
  public func cosine() throws -> Tensor { try self(.cosine) }
  public func gelu() throws -> Tensor { try self(.gelu) }
  public func silu() throws -> Tensor { try self(.silu) }
  public func relu() throws -> Tensor { try self(.relu) }
}

// MARK: Movement

extension Tensor {
  public func reshaped(_ shape: Shape) throws -> Tensor {
    shape == self.shape ? self : try apply(.reshape(shape))
  }
  public func transposed(_ permutation: [Int]) throws -> Tensor {
    permutation == Array(0..<shape.rank) ? self : try apply(.transpose(permutation))
  }
  public func broadcast(to shape: Shape) throws -> Tensor {
    shape == self.shape ? self : try apply(.broadcast(shape))
  }
  public func slice(axis: Int, _ range: Range<Int>) throws -> Tensor {
    if shape.dimensions.indices.contains(axis), range == 0..<shape[axis] { return self }
    return try apply(.slice(axis: axis, start: range.lowerBound, end: range.upperBound))
  }
  public func padded(axis: Int, before: Int, after: Int) throws -> Tensor {
    try apply(.pad(axis: axis, before: before, after: after))
  }
  /// Equal parts along `axis`.
  public func split(_ count: Int, axis: Int) throws -> [Tensor] {
    guard shape.dimensions.indices.contains(axis), count >= 1, shape[axis] % count == 0 else {
      throw ShapeError(
        operation: "split", operands: [type], reason: "axis \(axis) is no multiple of \(count)")
    }
    let length = shape[axis] / count
    return try (0..<count).map { try slice(axis: axis, $0 * length..<($0 + 1) * length) }
  }
  public func concatenated(with others: Tensor..., axis: Int) throws -> Tensor {
    try concatenated(with: others, axis: axis)
  }
  public func concatenated(with others: [Tensor], axis: Int) throws -> Tensor {
    try graph.add(.concatenate(axis: axis), [self] + others)[0]
  }
  /// Rows of this table (V, D) by number (…) → (…, D).
  public func gather(_ rows: Tensor) throws -> Tensor { try apply(.gather, rows) }
}

// MARK: Reductions and contractions

extension Tensor {
  /// Sum over `axes`, or over all; reduced axes disappear.
  public func sum(_ axes: [Int]? = nil) throws -> Tensor {
    let axes = axes ?? Array(0..<shape.rank)
    return axes.isEmpty ? self : try apply(.reduceSum(axes.sorted()))
  }
  public func mean(_ axes: [Int]? = nil) throws -> Tensor {
    let sum = try sum(axes)
    return try sum * (Float(sum.shape.elementCount) / Float(shape.elementCount))
  }
  public func matmul(_ other: Tensor, transposeLeft: Bool = false, transposeRight: Bool = false)
    throws -> Tensor
  {
    try apply(.matmul(transposeLeft: transposeLeft, transposeRight: transposeRight), other)
  }
  /// x · weightᵀ + bias.
  public func linear(weight: Tensor, bias: Tensor?) throws -> Tensor {
    try graph.add(.linear, [self, weight] + (bias.map { [$0] } ?? []))[0]
  }
  public func convolution(weight: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry) throws
    -> Tensor
  {
    try graph.add(.convolution(geometry), [self, weight] + (bias.map { [$0] } ?? []))[0]
  }
  public func upsampledNearest(_ factor: Int) throws -> Tensor {
    try apply(.upsampleNearest(factor: factor))
  }
  public func maxPooled(_ geometry: PoolingGeometry) throws -> Tensor {
    try apply(.maxPool(geometry))
  }
  public func averagePooled(_ geometry: PoolingGeometry) throws -> Tensor {
    try apply(.averagePool(geometry))
  }
}

// MARK: Compositions

extension Tensor {
  /// Self-attention over packed (q, k, v), this tensor of shape (B, T, 3·D).
  public func attention(heads: Int) throws -> Tensor { try apply(.attention(heads: heads)) }

  /// norm(self)·(1+scale)+shift over the last axis, without affine weights of its own.
  public func layerNormModulated(shift: Tensor, scale: Tensor, epsilon: Float) throws -> Tensor {
    try apply(.layerNormModulate(epsilon: epsilon), shift, scale)
  }
  /// self + gate·branch, the gate (B, D) shared by all tokens.
  public func gatedResidual(gate: Tensor, branch: Tensor) throws -> Tensor {
    try apply(.gatedResidual, gate, branch)
  }
  public func groupNorm(weight: Tensor, bias: Tensor, _ settings: GroupNormSettings) throws
    -> Tensor
  {
    try apply(.groupNorm(settings), weight, bias)
  }
}
