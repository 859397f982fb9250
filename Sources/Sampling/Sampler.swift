// n samples; R rows, see Guidance.swift.
import Diagnostics
import TensorGraph

/// Runs a sampling plan: every block one compiled program, guidance included, and what depends
/// on time and class alone computed before them, for all times of the plan at once.
///
/// Results depend on noise and labels alone; what else is in the batch changes them by
/// rounding only.
public final class Sampler {
  /// What an observer sees after each block.
  public struct Step {
    /// From 0.
    public let index: Int
    public let count: Int
    /// Latents after the block and the velocity it hands on, (R, …) each; not to be written.
    public let latents: HostTensor
    public let velocity: HostTensor
  }

  public typealias Observer = (Step) throws -> Void

  private struct Key: Hashable {
    let block: AnyHashable
    let shape: Shape
  }

  struct TracedBlock {
    let graph: Graph
    let inputs: Set<BlockTrace.Input>
    let evaluations: EvaluationCount
  }

  /// A block at its place in the plan.
  struct PlacedBlock {
    let index: Int
    let block: any BlockFunction
  }

  private let executor: any Executor
  let field: VelocityField
  private let variables: [String: HostTensor]
  private let blocks: [any BlockFunction]
  private let grid: TimeGrid
  private var traced: [Key: TracedBlock] = [:]
  private var compiled: [Key: any Program] = [:]
  private var tables: [NetworkRole: ModulationTable] = [:]

  /// Evaluations of the networks that all runs so far took, each of a whole batch.
  public private(set) var evaluations = EvaluationCount(predictor: 0, refiner: 0)

  /// - Parameters:
  ///   - predictorWeights: by the predictor's parameter paths.
  ///   - refinerWeights: by the refiner's.
  /// - Throws: `InputError` where the plan needs a refiner and `field` has none.
  public init(
    executor: any Executor, field: VelocityField,
    predictorWeights: [String: HostTensor], refinerWeights: [String: HostTensor] = [:],
    plan: SamplingPlan, variant: RefinerVariant = .block
  ) throws {
    guard plan.steps > 0 else { throw InputError("plan '\(plan)': has no steps") }
    guard field.refiner != nil || !plan.usesRefiner else {
      throw InputError(
        "plan '\(plan)'", expected: "a refiner for its R blocks", found: "none",
        remedy: "give a refiner checkpoint or a plan of H and P blocks")
    }
    self.executor = executor
    self.field = field
    var variables: [String: HostTensor] = [:]
    for (role, weights) in [
      (NetworkRole.predictor, predictorWeights), (.refiner, refinerWeights),
    ] {
      for (path, tensor) in weights { variables["\(role.rawValue)/\(path)"] = tensor }
    }
    self.variables = variables
    blocks = plan.blockFunctions(variant)
    grid = TimeGrid(steps: blocks.count)
  }

  /// Latents (n, …) at t = 1 of one batch.
  ///
  /// - Parameters:
  ///   - noise: (n, …), the latents at t = 0.
  ///   - labels: one class for each sample.
  public func sample(noise: HostTensor, labels: [Int32], observer: Observer? = nil) throws
    -> HostTensor
  {
    guard noise.type.element == .float32, noise.shape.rank >= 2, labels.count == noise.shape[0]
    else {
      throw InputError(
        "sampling batch", expected: "float32 noise with one row for each of \(labels.count) labels",
        found: noise.type.description)
    }
    guard field.guidance.branches == 2 else {
      return try integrate(from: noise, labels: labels, observer: observer)
    }
    let rows = HostTensor(shape: Shape([2 * labels.count] + noise.shape.dimensions.dropFirst()))
    let count = noise.floats.count
    _ = rows.floats[..<count].update(fromContentsOf: noise.floats)
    _ = rows.floats[count...].update(fromContentsOf: noise.floats)
    let null = Int32(clamping: field.guidance.nullClass)
    let branches = labels + Array(repeating: null, count: labels.count)
    let result = try integrate(from: rows, labels: branches, observer: observer)
    // The conditional branch: the halves differ in the channels that guidance leaves alone.
    return HostTensor(Array(result.array().prefix(count)), shape: noise.shape)
  }

  /// Runs the plan on the rows of all branches: with guidance both halves,
  /// whose latents and labels may differ.
  ///
  /// - Returns: rows (R, …) at t = 1.
  public func integrate(from x: HostTensor, labels: [Int32], observer: Observer? = nil) throws
    -> HostTensor
  {
    let (rows, classes) = (x.shape.dimensions.first ?? 0, field.guidance.nullClass)
    guard rows > 0, labels.count == rows, rows.isMultiple(of: field.guidance.branches) else {
      throw InputError(
        "sampling batch",
        expected: "\(field.guidance.branches) rows for each sample and a label for each row",
        found: "\(x.shape) and \(labels.count) labels")
    }
    if let label = labels.first(where: { $0 < 0 || $0 > classes }) {
      throw InputError("label", expected: "a class from 0 to \(classes)", found: "\(label)")
    }
    let shape = x.shape
    var (x, velocity): (HostTensor, HostTensor?) = (x, nil)
    let modulations = try tables(shape).mapValues { $0.batch(labels) }
    let labels = HostTensor(labels, shape: [rows])
    for placed in try placedBlocks(shape) {
      let traced = try trace(placed.block, shape: shape)
      evaluations.predictor += traced.evaluations.predictor
      evaluations.refiner += traced.evaluations.refiner
      func time(_ time: BlockTime) -> Float { grid.times[placed.index + (time == .start ? 0 : 1)] }
      var inputs: [String: HostTensor] = [:]
      for input in traced.inputs {
        inputs[input.name] =
          switch input {
          case .x: x
          case .delta: HostTensor([grid.delta], shape: .scalar)
          case .velocity: velocity
          case .labels: labels
          case .time(let end): HostTensor([time(end)], shape: .scalar)
          case .modulations(let role, let end): try modulations[role]?.at(time(end))
          }
      }
      let outputs = try program(placed.block, shape: shape).run(inputs)
      guard let next = outputs[Output.x], let slope = outputs[Output.velocity] else {
        throw ProgramError("sampling block \(placed.block): its program returned no latents")
      }
      (x, velocity) = (next, slope)
      if placed.block is PredictorEvaluation { continue }
      try observer?(
        Step(index: placed.index, count: blocks.count, latents: next, velocity: slope))
    }
    return x
  }

  private enum Output {
    static let x = "x"
    static let velocity = "velocity"
  }

  /// The plan's blocks, and before a first one that wants a velocity the predictor's.
  func placedBlocks(_ shape: Shape) throws -> [PlacedBlock] {
    let placed = blocks.enumerated().map { PlacedBlock(index: $0, block: $1) }
    guard let first = placed.first,
      try trace(first.block, shape: shape).inputs.contains(.velocity)
    else { return placed }
    return [PlacedBlock(index: 0, block: PredictorEvaluation())] + placed
  }

  /// The times at which each network in two parts is evaluated.
  func times(_ shape: Shape) throws -> [NetworkRole: Set<Float>] {
    var times: [NetworkRole: Set<Float>] = [:]
    for placed in try placedBlocks(shape) {
      for case .modulations(let role, let end) in try trace(placed.block, shape: shape).inputs {
        times[role, default: []].insert(grid.times[placed.index + (end == .start ? 0 : 1)])
      }
    }
    return times
  }

  /// One table for each network in two parts. They outlive batches of any shape, as neither
  /// times nor modulations depend on it.
  private func tables(_ shape: Shape) throws -> [NetworkRole: ModulationTable] {
    guard tables.isEmpty else { return tables }
    for (role, times) in try times(shape) {
      guard let conditioning = field.conditionings[role] else { continue }
      tables[role] = ModulationTable(
        conditioning, role, times: times, nullClass: field.guidance.nullClass
      ) { [executor, variables] in
        // Not frozen, so that weights that are read a few times are not packed.
        try executor.compile($0, variables: variables, frozen: false)
      }
    }
    return tables
  }

  func trace(_ block: any BlockFunction, shape: Shape) throws -> TracedBlock {
    let key = Key(block: AnyHashable(block), shape: shape)
    if let known = traced[key] { return known }
    let trace = BlockTrace(field, shape: shape)
    let result = try block(trace)
    trace.graph.output(Output.x, result.x)
    trace.graph.output(Output.velocity, result.velocity)
    let block = TracedBlock(
      graph: trace.graph, inputs: trace.inputs, evaluations: trace.evaluations)
    traced[key] = block
    return block
  }

  private func program(_ block: any BlockFunction, shape: Shape) throws -> any Program {
    let key = Key(block: AnyHashable(block), shape: shape)
    if let known = compiled[key] { return known }
    let program = try executor.compile(
      trace(block, shape: shape).graph, variables: variables, frozen: true)
    compiled[key] = program
    return program
  }
}
