import Diagnostics
import Models
import Randomness
import TensorGraph

/// Weights of the parity fixtures: never stored, made on both sides from a
/// formula of the tensor's name. All arithmetic is exact or rounds once per
/// operation in binary32, so that both sides agree bit for bit.
public struct WeightFormula: Sendable {
  public let salt: String
  /// Multiplies every running variance.
  public var runningVarianceScale: Float = 1

  public init(salt: String) { self.salt = salt }

  /// The weights of a model by path; its position table is the model's own.
  public func weights(_ parameters: [Parameter]) throws -> [String: HostTensor] {
    var weights: [String: HostTensor] = [:]
    for parameter in parameters {
      weights[parameter.path] =
        if case .sineCosinePositions = parameter.initialisation {
          parameter.initialised(seed: 0)
        } else {
          try weight(parameter.path, parameter.shape)
        }
    }
    return weights
  }

  /// One weight, by the rule that its name and rank choose.
  /// - Throws: `InputError` for a vector whose name has no rule.
  public func weight(_ name: String, _ shape: Shape) throws -> HostTensor {
    let tensor = HostTensor(shape: shape)
    if name.hasSuffix("num_batches_tracked") { return tensor }
    if name.hasSuffix("embedding_table.weight") {
      fill(tensor, name) { 0.1 * $0 }
    } else if shape.rank >= 2 {
      let fanIn = shape.dimensions.dropFirst().reduce(1, *)
      let factor = Float((3 / Double(fanIn)).squareRoot())
      fill(tensor, name) { $0 * factor }
    } else if name.hasSuffix("running_mean") {
      fill(tensor, name) { 0.1 * $0 }
    } else if name.hasSuffix("running_var") {
      fill(tensor, name) { (1 + 0.5 * $0) * runningVarianceScale }
    } else if name.hasSuffix(".bias") {
      fill(tensor, name) { 0.05 * $0 }
    } else if name.hasSuffix(".weight") {
      fill(tensor, name) { 1 + 0.1 * $0 }
    } else {
      throw InputError("tensor '\(name)' \(shape): the weight formula has no rule for it")
    }
    return tensor
  }

  /// The element of flat index i of the tensor `name`, uniform in [0, 1), 24 bits.
  public func uniform(_ name: String, _ i: Int) -> Float { unit(seed: seed(name), i) }

  /// The same, uniform in [−1, 1): `s` of the formula.
  public func signed(_ name: String, _ i: Int) -> Float { 2 * uniform(name, i) - 1 }

  private func seed(_ name: String) -> UInt64 { FNV1a.hash("\(salt)/\(name)") }

  private func fill(_ tensor: HostTensor, _ name: String, _ value: (Float) -> Float) {
    let (seed, values) = (seed(name), tensor.floats)
    for i in values.indices { values[i] = value(2 * unit(seed: seed, i) - 1) }
  }

  /// SplitMix64's output function (Steele, Lea and Flood 2014).
  private func unit(seed: UInt64, _ i: Int) -> Float {
    var z = seed &+ (UInt64(i) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Float(z >> 40) * 0x1p-24
  }
}
