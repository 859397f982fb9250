// n samples; R rows, see Guidance.swift.
import Diagnostics
import TensorGraph

/// Runs a sampling plan: every block one compiled program, guidance included, and what depends
/// on time and class alone computed before them, for all times of the plan at once.
///
/// Results depend on noise and labels alone; what else is in the batch changes them by
/// rounding only, but for solvers that are told to choose a batch's steps in common
/// (``AdaptiveOptions/per``).
public final class Sampler {
  /// What an observer sees after each block.
  public struct Step {
    /// From 0; of a solver that chooses its steps, by the times of its dense output.
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
    let times: RowTimes
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

  let executor: any Executor
  let field: VelocityField
  let variables: [String: HostTensor]
  let plan: SamplingPlan
  let settings: SolverSettings
  let blocks: [any BlockFunction]
  let grid: TimeGrid
  private var traced: [Key: TracedBlock] = [:]
  private var compiled: [Key: any Program] = [:]
  private var tables: [NetworkRole: ModulationTable] = [:]
  /// Programs of modulations for rows at times of their own.
  var pairedPrograms: [PairedProgram: any Program] = [:]

  /// Evaluations of the networks that all runs so far took, each of a batch, or of what samples
  /// that are at their end have left of one.
  public private(set) var evaluations = EvaluationCount(predictor: 0, refiner: 0)
  /// The same, each counted once for every sample that took it.
  public private(set) var sampleEvaluations = EvaluationCount(predictor: 0, refiner: 0)
  /// Evaluations of rows that only fill a batch up, where samples leave it before the others.
  public private(set) var paddingEvaluations = 0
  /// Steps that solvers with a tolerance tried, each counted once for every sample.
  public internal(set) var steps = StepCount()
  /// Samples of all runs so far.
  public internal(set) var samples = 0

  /// Inputs (R, …) that the field itself adds to every block's program, by name: the same in all
  /// steps.
  var fieldInputs: [String: HostTensor] = [:]

  /// Called before each block, which a solver that chooses its steps has more of than
  /// an observer sees; what it throws ends the run.
  public var willRunBlock: (() throws -> Void)?

  /// - Parameters:
  ///   - predictorWeights: by the predictor's parameter paths.
  ///   - refinerWeights: by the refiner's.
  /// - Throws: `InputError` where the plan needs a refiner and `field` has none, `InvalidField`
  ///   where the settings' times do not suit the plan.
  public init(
    executor: any Executor, field: VelocityField,
    predictorWeights: [String: HostTensor], refinerWeights: [String: HostTensor] = [:],
    plan: SamplingPlan, variant: RefinerVariant = .block, settings: SolverSettings = .init()
  ) throws {
    guard plan.steps > 0 else { throw InputError("plan '\(plan)': has no steps") }
    guard field.refiner != nil || !plan.usesRefiner else {
      throw InputError(
        "plan '\(plan)'", expected: "a refiner for its R blocks", found: "none",
        remedy: "give a refiner checkpoint or a plan of H and P blocks")
    }
    try plan.validate(settings)
    self.executor = executor
    self.field = field
    var variables: [String: HostTensor] = [:]
    for (role, weights) in [
      (NetworkRole.predictor, predictorWeights), (.refiner, refinerWeights),
    ] {
      for (path, tensor) in weights { variables["\(role.rawValue)/\(path)"] = tensor }
    }
    self.variables = variables
    self.plan = plan
    self.settings = settings
    blocks = plan.blockFunctions(variant, settings)
    grid = try plan.grid(settings)
  }

  /// Latents (n, …) at t = 1 of one batch.
  ///
  /// - Parameters:
  ///   - noise: (n, …), the latents at t = 0.
  ///   - labels: one class for each sample.
  ///   - diffusion: the draws of the batch's samples, for plans that are stochastic.
  public func sample(
    noise: HostTensor, labels: [Int32], diffusion: DiffusionNoise? = nil,
    observer: Observer? = nil
  ) throws -> HostTensor {
    guard noise.type.element == .float32, noise.shape.rank >= 2, labels.count == noise.shape[0]
    else {
      throw InputError(
        "sampling batch", expected: "float32 noise with one row for each of \(labels.count) labels",
        found: noise.type.description)
    }
    guard field.guidance.branches == 2 else {
      return try integrate(
        from: noise, labels: labels, diffusion: diffusion, observer: observer)
    }
    let rows = HostTensor(shape: Shape([2 * labels.count] + noise.shape.dimensions.dropFirst()))
    let count = noise.floats.count
    _ = rows.floats[..<count].update(fromContentsOf: noise.floats)
    _ = rows.floats[count...].update(fromContentsOf: noise.floats)
    let null = Int32(clamping: field.guidance.nullClass)
    let branches = labels + Array(repeating: null, count: labels.count)
    let result = try integrate(
      from: rows, labels: branches, diffusion: diffusion, observer: observer)
    // The conditional branch: the halves differ in the channels that guidance leaves alone.
    return HostTensor(Array(result.array().prefix(count)), shape: noise.shape)
  }

  /// Runs the plan on the rows of all branches: with guidance both halves,
  /// whose latents and labels may differ.
  ///
  /// - Returns: rows (R, …) at t = 1.
  public func integrate(
    from x: HostTensor, labels: [Int32], diffusion: DiffusionNoise? = nil,
    observer: Observer? = nil
  ) throws -> HostTensor {
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
    let count = rows / field.guidance.branches
    guard !plan.isStochastic || diffusion?.count == count else {
      throw InputError(
        "plan '\(plan)'", expected: "random draws for each of \(count) samples",
        found: diffusion.map { "for \($0.count)" } ?? "none")
    }
    samples += count
    let labels = HostTensor(labels, shape: [rows])
    if let pair = plan.embeddedPair {
      return try integrate(pair, from: x, labels: labels, observer)
    }
    if case .solver(.adaptive, let count) = plan {
      return try integrateByVelocity(from: x, labels: labels, evaluations: count, observer)
    }

    let shape = x.shape
    var diffusion = diffusion
    var state = SampleState(x: x)
    let modulations = try tables(shape).mapValues { $0.batch(Array(labels.integers)) }
    for placed in try placedBlocks(shape) {
      state = try run(
        placed.block, state, step: grid.step(placed.index), labels: labels,
        modulations: { try modulations[$0]?.at($1) }, noise: { diffusion?.next(shape) })
      if placed.block is PredictorEvaluation { continue }
      try observe(placed.index, state, observer)
    }
    return state.x
  }

  func observe(_ index: Int, _ state: SampleState, _ observer: Observer?) throws {
    guard let observer, let velocity = state.others[.velocity] else { return }
    try observer(Step(index: index, count: plan.steps, latents: state.x, velocity: velocity))
  }

  /// Runs one block.
  ///
  /// - Parameters:
  ///   - modulations: of the batch's rows, at a time.
  ///   - noise: of the next step of a stochastic plan.
  func run(
    _ block: any BlockFunction, _ state: SampleState, step: GridStep, labels: HostTensor,
    modulations: (NetworkRole, Float) throws -> HostTensor?, noise: () -> HostTensor? = { nil }
  ) throws -> SampleState {
    let coefficients = coefficients(block, step)
    return try run(block, shape: state.x.shape) { input in
      switch input {
      case .x: state.x
      case .delta: HostTensor([step.delta], shape: .scalar)
      case .noise: noise()
      case .labels: labels
      case .state(let name): state.others[name]
      case .coefficient(let name): coefficients[name].map { HostTensor([Float($0)], shape: []) }
      case .time(let time): HostTensor([step.time(time)], shape: .scalar)
      case .modulations(let role, let time): try modulations(role, step.time(time))
      }
    }
  }

  /// Runs one block's program on inputs.
  ///
  /// - Parameters:
  ///   - samples: how many of the batch's are wanted; nil for all. The others fill it up.
  ///   - fieldInputs: those of the rows, where they are not all.
  func run(
    _ block: any BlockFunction, shape: Shape, times: RowTimes = .shared, samples: Int? = nil,
    fieldInputs given: [String: HostTensor]? = nil, input: (BlockTrace.Input) throws -> HostTensor?
  ) throws -> SampleState {
    try willRunBlock?()
    let traced = try trace(block, shape: shape, times: times)
    count(traced.evaluations, rows: shape[0], wanted: samples)
    var inputs = given ?? fieldInputs
    for name in traced.inputs { inputs[name.name] = try input(name) }
    let outputs = try program(block, shape: shape, times: times).run(inputs)
    guard let x = outputs[Output.x] else {
      throw ProgramError("sampling block \(block): its program returned no latents")
    }
    var result = SampleState(x: x)
    for (name, value) in outputs {
      if let name = StateName(rawValue: name) { result.others[name] = value }
    }
    return result
  }

  func coefficients(_ block: any BlockFunction, _ step: GridStep)
    -> [Coefficient: Double]
  {
    block.coefficients(step).merging([
      .absoluteTolerance: settings.absoluteTolerance,
      .relativeTolerance: settings.relativeTolerance,
    ]) { own, _ in own }
  }

  private func count(_ more: EvaluationCount, rows: Int, wanted: Int?) {
    let all = rows / field.guidance.branches
    let samples = wanted ?? all
    paddingEvaluations += (all - samples) * (more.predictor + more.refiner)
    evaluations.predictor += more.predictor
    evaluations.refiner += more.refiner
    sampleEvaluations.predictor += samples * more.predictor
    sampleEvaluations.refiner += samples * more.refiner
  }

  private enum Output {
    static let x = "x"
  }

  /// The plan's blocks, and before a first one that wants a velocity the predictor's.
  /// Of a solver that chooses its steps one, for estimates.
  func placedBlocks(_ shape: Shape) throws -> [PlacedBlock] {
    let blocks = plan.embeddedPair.map { [$0] } ?? blocks
    let placed = blocks.enumerated().map { PlacedBlock(index: $0, block: $1) }
    guard let first = placed.first,
      try trace(first.block, shape: shape).inputs.contains(.state(.velocity))
    else { return placed }
    return [PlacedBlock(index: 0, block: PredictorEvaluation())] + placed
  }

  /// The times at which each network in two parts is evaluated.
  func times(_ shape: Shape) throws -> [NetworkRole: Set<Float>] {
    var times: [NetworkRole: Set<Float>] = [:]
    for placed in try placedBlocks(shape) {
      let step = grid.step(placed.index)
      for (role, more) in try self.times(placed.block, step, shape: shape) {
        times[role, default: []].formUnion(more)
      }
    }
    return times
  }

  /// The times at which one block evaluates them.
  func times(_ block: any BlockFunction, _ step: GridStep, shape: Shape) throws
    -> [NetworkRole: Set<Float>]
  {
    var times: [NetworkRole: Set<Float>] = [:]
    for case .modulations(let role, let time) in try trace(block, shape: shape).inputs {
      times[role, default: []].insert(step.time(time))
    }
    return times
  }

  /// One table for each network in two parts. They outlive batches of any shape, as neither
  /// times nor modulations depend on it.
  private func tables(_ shape: Shape) throws -> [NetworkRole: ModulationTable] {
    guard tables.isEmpty else { return tables }
    for (role, times) in try times(shape) { tables[role] = table(role, times: times) }
    return tables
  }

  /// Forgets modulations of earlier batches that would not be there in a run over all classes, so
  /// that a batch that is repeated takes the time of a new one.
  public func forgetClasses() {
    for table in tables.values { table.forget(classes: field.guidance.nullClass) }
  }

  /// Nil for a network in one part.
  func table(_ role: NetworkRole, times: Set<Float>) -> ModulationTable? {
    guard let conditioning = field.conditionings[role] else { return nil }
    return ModulationTable(
      conditioning, role, times: times, nullClass: field.guidance.nullClass
    ) { [executor, variables] in
      // Not frozen, so that weights that are read a few times are not packed.
      try executor.compile($0, variables: variables, frozen: false)
    }
  }

  func trace(_ block: any BlockFunction, shape: Shape, times: RowTimes = .shared) throws
    -> TracedBlock
  {
    let key = Key(block: AnyHashable(block), shape: shape, times: times)
    if let known = traced[key] { return known }
    let trace = BlockTrace(field, shape: shape, times: times)
    let result = try block(trace)
    trace.graph.output(Output.x, result.x)
    trace.graph.output(StateName.velocity.rawValue, result.velocity)
    for (name, tensor) in result.others.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      trace.graph.output(name.rawValue, tensor)
    }
    let block = TracedBlock(
      graph: trace.graph, inputs: trace.inputs, evaluations: trace.evaluations)
    traced[key] = block
    return block
  }

  private func program(_ block: any BlockFunction, shape: Shape, times: RowTimes) throws
    -> any Program
  {
    let key = Key(block: AnyHashable(block), shape: shape, times: times)
    if let known = compiled[key] { return known }
    let program = try executor.compile(
      trace(block, shape: shape, times: times).graph, variables: variables, frozen: true)
    compiled[key] = program
    return program
  }
}

/// What goes from block to block.
struct SampleState {
  /// Latents (R, …).
  var x: HostTensor
  var others: [StateName: HostTensor] = [:]
}
