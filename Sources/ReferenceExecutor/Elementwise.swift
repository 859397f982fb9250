import Foundation
import TensorGraph

extension UnaryFunction {
  /// The function's value, calculated in double precision and then rounded.
  func callAsFunction<Scalar: BinaryFloatingPoint>(_ argument: Scalar) -> Scalar {
    let x = Double(argument)
    return switch self {
    case .negate: -argument
    case .exponential: Scalar(exp(x))
    case .logarithm: Scalar(log(x))
    case .squareRoot: argument.squareRoot()
    case .sine: Scalar(sin(x))
    case .cosine: Scalar(cos(x))
    case .tanh: Scalar(Foundation.tanh(x))
    case .logistic: Scalar(sigmoid(x))
    case .relu: argument < 0 ? 0 : argument
    case .gelu: Scalar(0.5 * x * (1 + Foundation.tanh(geluArgument(x))))
    case .geluDerivative: Scalar(geluSlope(x))
    case .silu: Scalar(x * sigmoid(x))
    case .siluDerivative: Scalar(siluSlope(x))
    }
  }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

private func siluSlope(_ x: Double) -> Double {
  let s = sigmoid(x)
  return s * (1 + x * (1 - s))
}

private let geluFactor = (2 / Double.pi).squareRoot()

/// √(2/π)·(x + 0.044715·x³)
private func geluArgument(_ x: Double) -> Double { geluFactor * (x + 0.044715 * x * x * x) }

private func geluSlope(_ x: Double) -> Double {
  let t = Foundation.tanh(geluArgument(x))
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * geluFactor * (1 + 3 * 0.044715 * x * x)
}

extension BinaryFunction {
  func callAsFunction<Scalar: BinaryFloatingPoint>(_ a: Scalar, _ b: Scalar) -> Scalar {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    // NaN wins, as in StableHLO.
    case .maximum: a.isNaN || a >= b ? a : b
    case .minimum: a.isNaN || a <= b ? a : b
    case .greaterOrEqual: a >= b ? 1 : 0
    }
  }
}

func binary<Scalar: BinaryFloatingPoint>(
  _ function: BinaryFunction, _ a: Dense<Scalar>, _ b: Dense<Scalar>, result: Shape
) -> [Scalar] {
  let (left, right) = (a.shape.broadcastStrides(to: result), b.shape.broadcastStrides(to: result))
  return result.indices.map { function(a[position($0, left)], b[position($0, right)]) }
}
