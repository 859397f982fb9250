// n samples, R rows, see Guidance.swift; K times, U labels, P pairs of both, M modulations.
import Models
import TensorGraph

/// One network of a velocity field. A predictor takes latents, times and labels; a refiner takes
/// a velocity, `Extra`, beside them.
enum FieldNetwork<Extra> {
  /// (x (R, …), t (R), labels (R), extra) → (R, …).
  case whole((_ x: Tensor, _ t: Tensor, _ labels: Tensor, _ extra: Extra) throws -> Tensor)
  /// (x (n, …), modulations (R, M), extra) → (R, …): the second part of a network in two parts.
  case conditioned(
    Conditioning, (_ x: Tensor, _ modulations: Tensor, _ extra: Extra) throws -> Tensor)

  var conditioning: Conditioning? {
    switch self {
    case .whole: nil
    case .conditioned(let conditioning, _): conditioning
    }
  }
}

/// What a network makes of time and class alone, its first part.
struct Conditioning {
  /// M, the values that one row of latents needs at one time.
  var size: Int
  /// (times (K), labels (U)) → (U, K, M).
  var modulations: (_ times: Tensor, _ labels: Tensor) throws -> Tensor
  /// (times (P), labels (P)) → (P, M).
  var paired: (_ times: Tensor, _ labels: Tensor) throws -> Tensor
  /// The same of labels between two classes: (1 − weight)·first + weight·second, (U) each.
  var blended:
    ((_ times: Tensor, _ first: Tensor, _ second: Tensor, _ weights: Tensor) throws -> Tensor)?
  var pairedBlended:
    ((_ times: Tensor, _ first: Tensor, _ second: Tensor, _ weights: Tensor) throws -> Tensor)?

  init(
    size: Int, modulations: @escaping (_ times: Tensor, _ labels: Tensor) throws -> Tensor,
    paired: @escaping (_ times: Tensor, _ labels: Tensor) throws -> Tensor
  ) {
    self.size = size
    self.modulations = modulations
    self.paired = paired
  }

  init(_ network: SiT) {
    self.init(
      size: network.configuration.modulationSize,
      modulations: network.modulations(times:labels:),
      paired: network.pairedModulations(times:labels:))
    blended = network.modulations(times:between:and:weights:)
    pairedBlended = network.pairedModulations(times:between:and:weights:)
  }

  private enum Input {
    static let times = "times"
    static let labels = "labels"
    static let others = "others"
    static let weights = "weights"
  }
  private static let output = "modulations"

  /// The graph for `labels` labels, or blends of two each, at all of `times` times.
  func graph(_ role: NetworkRole, times: Int, labels: Int, blends: Bool = false) throws -> Graph {
    let graph = Graph()
    let (t, y) = try (
      graph.input(Input.times, [times]), graph.input(Input.labels, [labels], .int32)
    )
    let result =
      if blends, let blended {
        try graph.namespace(role.rawValue) { [graph] in
          try blended(
            t, y, graph.input(Input.others, [labels], .int32),
            graph.input(Input.weights, [labels]))
        }
      } else { try graph.namespace(role.rawValue) { try modulations(t, y) } }
    graph.output(Self.output, result)
    return graph
  }

  /// The graph for `pairs` times with a label, or a blend of two, each.
  func pairedGraph(_ role: NetworkRole, pairs: Int, blends: Bool = false) throws -> Graph {
    let graph = Graph()
    let (t, y) = try (
      graph.input(Input.times, [pairs]), graph.input(Input.labels, [pairs], .int32)
    )
    let result =
      if blends, let pairedBlended {
        try graph.namespace(role.rawValue) { [graph] in
          try pairedBlended(
            t, y, graph.input(Input.others, [pairs], .int32),
            graph.input(Input.weights, [pairs]))
        }
      } else { try graph.namespace(role.rawValue) { try paired(t, y) } }
    graph.output(Self.output, result)
    return graph
  }

  /// Runs a program of either graph: (U, K, M) or (P, M).
  /// - Parameter blends: what the labels stand for, where the graph is one of blends.
  func run(
    _ program: any Program, times: [Float], labels: [Int32], blends: [LabelBlend]? = nil
  ) throws -> HostTensor {
    var inputs = [
      Input.times: HostTensor(times, shape: [times.count]),
      Input.labels: HostTensor(blends?.map(\.first) ?? labels, shape: [labels.count]),
    ]
    if let blends {
      inputs[Input.others] = HostTensor(blends.map(\.second), shape: [labels.count])
      inputs[Input.weights] = HostTensor(blends.map(\.weight), shape: [labels.count])
    }
    let outputs = try program.run(inputs)
    guard let modulations = outputs[Self.output] else {
      throw ProgramError("conditioning: its program returned no modulations")
    }
    return modulations
  }
}
