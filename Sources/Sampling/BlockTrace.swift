// R rows, see Guidance.swift.
import Diagnostics
import TensorGraph

/// Whether the rows of a batch take a step in common, or each its own.
enum RowTimes: Hashable {
  case shared, perRow

  /// The shape of a number that belongs to a step, for rows (R, …).
  func number(_ rows: Shape) -> Shape {
    switch self {
    case .shared: .scalar
    case .perRow: Shape([rows[0]] + Array(repeating: 1, count: rows.rank - 1))
    }
  }
}

/// The graph of one block while it is written: its inputs, recorded as they are
/// used, and the guided networks, whose evaluations it counts.
final class BlockTrace {
  let graph = Graph()
  private let field: VelocityField
  private let shape: Shape
  private let times: RowTimes
  /// The inputs that the block has come to need.
  private(set) var inputs: Set<Input> = []
  private(set) var evaluations = EvaluationCount(predictor: 0, refiner: 0)

  init(_ field: VelocityField, shape: Shape, times: RowTimes = .shared) {
    self.field = field
    self.shape = shape
    self.times = times
  }

  enum Input: Hashable {
    case x, delta, labels, noise
    case state(StateName)
    case coefficient(Coefficient)
    case time(BlockTime)
    case modulations(NetworkRole, BlockTime)

    var name: String {
      switch self {
      case .x: "x"
      case .delta: "delta"
      case .labels: "labels"
      case .noise: "noise"
      case .state(let state): state.rawValue
      case .coefficient(let coefficient): "coefficient/\(coefficient.rawValue)"
      case .time(let time): time.name
      case .modulations(let role, let time): "\(role.rawValue)/\(time.name)"
      }
    }
  }

  /// Latents (R, …).
  var x: Tensor { get throws { try input(.x, shape) } }
  /// The step's length, a scalar, or (R, 1, …).
  var delta: Tensor { get throws { try input(.delta, times.number(shape)) } }
  /// The velocity that the block before handed on (R, …).
  var velocity: Tensor { get throws { try state(.velocity) } }
  /// Standard normal numbers (R, …), the same for both branches of a sample.
  var noise: Tensor { get throws { try input(.noise, shape) } }

  /// What the block before handed on (R, …).
  func state(_ name: StateName) throws -> Tensor { try input(.state(name), shape) }

  /// A number of the step, a scalar, or (R, 1, …).
  func coefficient(_ name: Coefficient) throws -> Tensor {
    try input(.coefficient(name), times.number(shape))
  }

  /// The guided predictor's velocity at (x, t).
  func predict(_ x: Tensor, at time: BlockTime) throws -> Tensor {
    evaluations.predictor += 1
    return try evaluate(field.predictor, .predictor, x, at: time, extra: ())
  }

  /// The guided refiner's offset at (x, t); the velocity goes in as it is, both halves.
  func refine(_ x: Tensor, at time: BlockTime, velocity: Tensor) throws -> Tensor {
    guard let refiner = field.refiner else {
      throw InputError("the plan has refiner steps (R) but no refiner is given")
    }
    evaluations.refiner += 1
    return try evaluate(refiner, .refiner, x, at: time, extra: velocity)
  }

  private func evaluate<Extra>(
    _ network: FieldNetwork<Extra>, _ role: NetworkRole, _ x: Tensor, at time: BlockTime,
    extra: Extra
  ) throws -> Tensor {
    let (guidance, rows) = (field.guidance, shape[0])
    switch network {
    case .whole(let function):
      let times =
        switch times {
        case .shared: try input(.time(time), .scalar).broadcast(to: [rows])  // (R)
        case .perRow: try input(.time(time), [rows])
        }
      let labels = try input(.labels, [rows], .int32)
      return try graph.namespace(role.rawValue) {
        try guidance(x) { try function($0, times, labels, extra) }  // (R, …)
      }
    case .conditioned(let conditioning, let function):
      let modulations = try input(.modulations(role, time), [rows, conditioning.size])
      return try graph.namespace(role.rawValue) {
        try guidance.mixed(function(guidance.shared(x), modulations, extra))  // (R, …)
      }
    }
  }

  private func input(_ input: Input, _ shape: Shape, _ element: ElementType = .float32) throws
    -> Tensor
  {
    inputs.insert(input)
    return try graph.input(input.name, shape, element)
  }
}
