/// What a node computes. Semantics are those of the StableHLO specification, or
/// a composition of its operations given here, so that a graph can be handed to
/// another executor. Shape rules: `ShapeRules.swift`; gradients:
/// `Gradients/GradientRules.swift`; kernels: the executors.
public enum Operation: Hashable, Sendable {
  // Sources
  /// Fed at every run.
  case input(String)
  /// Lives between runs: a weight, a moment, a running average.
  case variable(String)
  case constant(ConstantValue)

  // Element by element; binary operands broadcast, aligned at the last axis.
  case unary(UnaryFunction)
  case binary(BinaryFunction)

  // Movement
  case reshape(Shape)
  /// Axis i of the result is axis `permutation[i]` of the operand.
  case transpose([Int])
  case broadcast(Shape)
  /// `start..<end` along one axis.
  case slice(axis: Int, start: Int, end: Int)
  /// Zeros before and after along one axis: the gradient of `slice`.
  case pad(axis: Int, before: Int, after: Int)
  case concatenate(axis: Int)
  /// Rows of a table (V, D) by number (…) → (…, D).
  case gather
  /// (ids (…), updates (…, D)) → (rows, D), equal ids added: the gradient of `gather`.
  case scatterAdd(rows: Int)

  // Reductions; reduced axes disappear.
  case reduceSum([Int])

  // Contractions
  /// (x (…, I), weight (O, I), bias (O)?) → x · weightᵀ + bias, (…, O).
  case linear
  /// Batched product of the last two axes; either operand may be read transposed.
  case matmul(transposeLeft: Bool, transposeRight: Bool)
  /// (x NHWC, weight OIHW, bias (O)?) → NHWC.
  case convolution(ConvolutionGeometry)
  /// (weight, output gradient) → gradient of x of the given shape.
  case convolutionInputGradient(ConvolutionGeometry, input: Shape)
  /// (x, output gradient) → gradient of the weight of the given shape.
  case convolutionWeightGradient(ConvolutionGeometry, weight: Shape)
  /// NHWC: every pixel becomes factor × factor pixels.
  case upsampleNearest(factor: Int)
  /// NHWC: sums of factor × factor pixels: the gradient of `upsampleNearest`.
  case sumPool(factor: Int)
  /// NHWC: the largest pixel of each window; NaN wins.
  case maxPool(PoolingGeometry)
  /// (x, output gradient) → gradient of x: it goes to each window's first largest pixel.
  case maxPoolGradient(PoolingGeometry)
  /// NHWC: the mean of the pixels of each window that lie inside the image.
  case averagePool(PoolingGeometry)
  /// Output gradient → gradient of x of the given shape.
  case averagePoolGradient(PoolingGeometry, input: Shape)

  // Compositions that no library fuses.
  /// qkv (B, T, 3·D), heads of D/heads: softmax(q·kᵀ/√(D/heads))·v, (B, T, D).
  case attention(heads: Int)
  /// (qkv, output gradient) → gradient of qkv.
  case attentionGradient(heads: Int)
  /// (x (B, T, D), shift (B, D), scale (B, D)): norm(x)·(1+scale)+shift.
  case layerNormModulate(epsilon: Float)
  /// (x, scale, output gradient) → gradients of x, shift, scale.
  case layerNormModulateGradient(epsilon: Float)
  /// (x (B, T, D), gate (B, D), y (B, T, D)): x + gate·y.
  case gatedResidual
  /// (gate, y, output gradient) → gradients of gate, y.
  case gatedResidualGradient
  /// (x (N, …, C), weight (C), bias (C)), then SiLU where asked.
  case groupNorm(GroupNormSettings)
  /// (x, weight, bias, output gradient) → gradients of x, weight, bias.
  case groupNormGradient(GroupNormSettings)

  /// One AdamW step and moving average: (parameter, gradient, first moment,
  /// second moment, average, rates) → the four updated. `rates` holds
  /// [learning rate, 1−β₁ᵗ, 1−β₂ᵗ, average's decay, gradient factor].
  case adamW(AdamWSettings)
}

public enum UnaryFunction: String, Hashable, Sendable, CaseIterable {
  case negate, exponential, logarithm, squareRoot, sine, cosine, tanh, logistic
  /// max(x, 0). NaN stays, or becomes 0 where a library applies it to a product's result.
  case relu
  /// x·Φ(x) by the tanh approximation (Hendrycks and Gimpel 2016), as SiT uses it.
  case gelu
  /// x·logistic(x).
  case silu
  case geluDerivative, siluDerivative
}

public enum BinaryFunction: String, Hashable, Sendable, CaseIterable {
  case add, subtract, multiply, divide, maximum, minimum
  /// 1 where left ≥ right, else 0; its gradient is zero.
  case greaterOrEqual
}

/// Numbers written into the graph.
public struct ConstantValue: Hashable, Sendable {
  public let shape: Shape
  /// One value for all elements, or one for each, row-major.
  public let values: [Float]

  public init(_ values: [Float], shape: Shape) {
    precondition(values.count == 1 || values.count == shape.elementCount)
    self.values = values
    self.shape = shape
  }
}

public struct GroupNormSettings: Hashable, Sendable {
  public let groups: Int
  public let epsilon: Float
  /// Applies SiLU to the result.
  public let silu: Bool

  public init(groups: Int, epsilon: Float, silu: Bool) {
    self.groups = groups
    self.epsilon = epsilon
    self.silu = silu
  }
}

/// Loshchilov and Hutter, "Decoupled weight decay regularization", algorithm 2.
///
/// In double precision, as 1−β is rounded to binary32 once: 1−Double(0.999) is not 1−Float(0.999).
public struct AdamWSettings: Hashable, Sendable {
  public let beta1: Double
  public let beta2: Double
  public let epsilon: Double
  public let weightDecay: Double

  public init(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

extension Operation {
  /// The name used in errors and dumps.
  public var name: String {
    switch self {
    case .unary(let function): function.rawValue
    case .binary(let function): function.rawValue
    default: String("\(self)".prefix { $0 != "(" })
    }
  }
}
