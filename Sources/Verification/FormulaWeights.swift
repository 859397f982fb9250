import Diagnostics
import Machine
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
    let rule = try rule(name, shape)
    let tensor = HostTensor(shape: shape)
    // Models of half a milliard weights are made in seconds by all cores together.
    nonisolated(unsafe) let values = tensor.floats
    let (seed, chunk) = (seed(name), 1 << 16)
    Threads.forEach((values.count + chunk - 1) / chunk) { part in
      for i in part * chunk..<min((part + 1) * chunk, values.count) {
        values[i] = rule(Self.signed(seed: seed, i))
      }
    }
    return withExtendedLifetime(tensor) { tensor }
  }

  /// The elements `range` (flat, row-major) of a weight that need not fit in memory.
  public func elements(_ range: Range<Int>, of name: String, _ shape: Shape) throws -> [Float] {
    let (rule, seed) = (try rule(name, shape), seed(name))
    return range.map { rule(Self.signed(seed: seed, $0)) }
  }

  /// The element of flat index i of the tensor `name`, uniform in [0, 1), 24 bits.
  public func uniform(_ name: String, _ i: Int) -> Float { Self.unit(seed: seed(name), i) }

  /// The same, uniform in [−1, 1): `s` of the formula.
  public func signed(_ name: String, _ i: Int) -> Float { Self.signed(seed: seed(name), i) }

  /// The first `count` elements `s` of the tensor `name`.
  func signed(_ name: String, count: Int) -> [Float] {
    let seed = seed(name)
    return (0..<count).map { Self.signed(seed: seed, $0) }
  }

  /// What the elements of the tensor `name` begin from.
  public func seed(_ name: String) -> UInt64 { FNV1a.hash("\(salt)/\(name)") }

  /// A weight as a function of s: (offset + factor·s)·scale, a rounding for each operation.
  private struct Rule: Sendable {
    var offset: Float = 0
    let factor: Float
    var scale: Float = 1

    @inline(__always)
    func callAsFunction(_ s: Float) -> Float { (offset + factor * s) * scale }
  }

  private func rule(_ name: String, _ shape: Shape) throws -> Rule {
    if name.hasSuffix("num_batches_tracked") { return Rule(factor: 0) }
    if name.hasSuffix("embedding_table.weight") { return Rule(factor: 0.1) }
    if shape.rank >= 2 {
      let fanIn = Shape(Array(shape.dimensions.dropFirst())).elementCount
      return Rule(factor: Float((3 / Double(fanIn)).squareRoot()))
    }
    if name.hasSuffix("running_mean") { return Rule(factor: 0.1) }
    if name.hasSuffix("running_var") {
      return Rule(offset: 1, factor: 0.5, scale: runningVarianceScale)
    }
    if name.hasSuffix(".bias") { return Rule(factor: 0.05) }
    if name.hasSuffix(".weight") { return Rule(offset: 1, factor: 0.1) }
    throw InputError("tensor '\(name)' \(shape): the weight formula has no rule for it")
  }

  @inline(__always)
  private static func signed(seed: UInt64, _ i: Int) -> Float { 2 * unit(seed: seed, i) - 1 }

  /// SplitMix64's output function (Steele, Lea and Flood 2014).
  @inline(__always)
  private static func unit(seed: UInt64, _ i: Int) -> Float {
    var z = seed &+ (UInt64(truncatingIfNeeded: i) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Float(z >> 40) * 0x1p-24
  }
}
