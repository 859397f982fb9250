import Diagnostics
import Models
import TensorGraph

/// All that a run carries from one step to the next.
public final class TrainingState {
  /// What the optimiser keeps beside each trained weight, in the order in which
  /// the update operation takes it.
  public enum Slot: String, Sendable, CaseIterable {
    case firstMoment = "first_moment"
    case secondMoment = "second_moment"
    case ema

    /// The variable's name in graphs and resume states.
    public func name(_ path: String) -> String { "\(rawValue)/\(path)" }
  }

  public let parameters: [Parameter]
  /// Updates done so far.
  public internal(set) var step: Int
  /// Weights under their paths, and what ``Slot`` names. Compiled steps write into
  /// these tensors.
  public let variables: [String: HostTensor]

  /// Step 0: `weights` copied, moments zero, the average a copy of the weights.
  /// - Throws: `InputError` where `weights` are not those of `parameters`.
  public init(_ parameters: [Parameter], weights: [String: HostTensor]) throws {
    try parameters.check(weights.mapValues(\.shape), in: "initial weights")
    var variables: [String: HostTensor] = [:]
    for (name, path) in Self.names(parameters) {
      guard let weight = weights[path] else { continue }  // `check` has seen them all
      let isZero = Slot.firstMoment.name(path) == name || Slot.secondMoment.name(path) == name
      variables[name] = isZero ? HostTensor(weight.type) : weight.copy()
    }
    self.parameters = parameters
    self.variables = variables
    step = 0
  }

  init(_ parameters: [Parameter], step: Int, variables: [String: HostTensor]) {
    self.parameters = parameters
    self.step = step
    self.variables = variables
  }

  /// The weights by path, sharing memory with the state.
  public func weights(_ set: WeightSet) -> [String: HostTensor] {
    var result: [String: HostTensor] = [:]
    for parameter in parameters {
      let name = set == .model ? parameter.path : Slot.ema.name(parameter.path)
      result[parameter.path] = variables[name]
    }
    return result
  }

  /// A variable that holds NaN or an infinity, if there is one.
  func firstNonFinite() -> String? {
    variables.filter { !$0.value.isFinite }.keys.min()
  }

  /// Every variable's name and the path of the parameter it belongs to. Frozen
  /// parameters have an average, which never moves, but no moments.
  static func names(_ parameters: [Parameter]) -> [(name: String, path: String)] {
    parameters.flatMap { parameter in
      let slots = parameter.isTrainable ? Slot.allCases : [.ema]
      return [(parameter.path, parameter.path)]
        + slots.map { ($0.name(parameter.path), parameter.path) }
    }
  }
}

extension HostTensor {
  /// Whether all elements are finite: x·0 is 0 for finite x and NaN for all others.
  fileprivate var isFinite: Bool {
    var sum = SIMD8<Float>()
    let values = floats
    let whole = values.count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
      var part = SIMD8<Float>()
      for lane in 0..<8 { part[lane] = values[i + lane] }
      sum += part * 0
    }
    return sum.sum() == 0 && values[whole...].allSatisfy(\.isFinite)
  }
}
