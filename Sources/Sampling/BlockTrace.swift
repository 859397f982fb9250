// R rows, see Guidance.swift.
import Diagnostics
import TensorGraph

/// One block of a sampling plan as a graph: from the latents at t to those at tNext.
protocol BlockFunction: Hashable {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult
}

/// What a block leaves to the next.
struct BlockResult {
  let x: Tensor
  /// The velocity handed on.
  let velocity: Tensor
}

/// The graph of one block while it is written: its inputs, declared as they are
/// used, and the guided networks, whose evaluations it counts.
final class BlockTrace {
  let graph = Graph()
  private let field: VelocityField
  private let shape: Shape
  private(set) var evaluations = EvaluationCount(predictor: 0, refiner: 0)

  init(_ field: VelocityField, shape: Shape) {
    self.field = field
    self.shape = shape
  }

  enum Input: String, CaseIterable { case x, t, tNext, delta, velocity, labels }

  /// Latents (R, …).
  var x: Tensor { get throws { try graph.input(Input.x.rawValue, shape) } }
  /// The block's start and end, and the grid's spacing: scalars.
  var t: Tensor { get throws { try graph.input(Input.t.rawValue, .scalar) } }
  var tNext: Tensor { get throws { try graph.input(Input.tNext.rawValue, .scalar) } }
  var delta: Tensor { get throws { try graph.input(Input.delta.rawValue, .scalar) } }
  /// The velocity that the block before handed on (R, …).
  var velocity: Tensor { get throws { try graph.input(Input.velocity.rawValue, shape) } }
  private var labels: Tensor {
    get throws { try graph.input(Input.labels.rawValue, [shape[0]], .int32) }
  }

  /// The guided predictor's velocity at (x, t).
  func predict(_ x: Tensor, at t: Tensor) throws -> Tensor {
    evaluations.predictor += 1
    let times = try t.broadcast(to: [shape[0]])  // (R)
    return try graph.namespace(VariableSpace.predictor) {
      try field.guidance(x) { try field.predictor($0, times, labels) }  // (R, …)
    }
  }

  /// The guided refiner's offset at (x, t); the velocity goes in as it is, both halves.
  func refine(_ x: Tensor, at t: Tensor, velocity: Tensor) throws -> Tensor {
    guard let refiner = field.refiner else {
      throw InputError("the plan has refiner steps (R) but no refiner is given")
    }
    evaluations.refiner += 1
    let times = try t.broadcast(to: [shape[0]])  // (R)
    return try graph.namespace(VariableSpace.refiner) {
      try field.guidance(x) { try refiner($0, times, velocity, labels) }  // (R, …)
    }
  }

  /// The inputs that the graph has come to need.
  var inputs: Set<Input> {
    Set(
      graph.nodes.compactMap {
        if case .input(let name) = $0.operation { Input(rawValue: name) } else { nil }
      })
  }
}

/// What the variables of each network are filed under.
enum VariableSpace {
  static let predictor = "predictor"
  static let refiner = "refiner"
}
