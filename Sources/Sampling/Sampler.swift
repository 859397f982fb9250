// n samples; R rows, see Guidance.swift.
import Diagnostics
import TensorGraph

/// Runs a sampling plan: every block one compiled program, guidance included.
///
/// Results depend on noise and labels alone; the batch size changes them by
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

  private struct CompiledBlock {
    let program: any Program
    let inputs: Set<BlockTrace.Input>
    let evaluations: EvaluationCount
  }

  private let executor: any Executor
  private let field: VelocityField
  private let variables: [String: HostTensor]
  private let blocks: [any BlockFunction]
  private let grid: TimeGrid
  private var compiled: [Key: CompiledBlock] = [:]

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
    for (path, tensor) in predictorWeights {
      variables["\(VariableSpace.predictor)/\(path)"] = tensor
    }
    for (path, tensor) in refinerWeights { variables["\(VariableSpace.refiner)/\(path)"] = tensor }
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
    var (x, velocity): (HostTensor, HostTensor?) = (x, nil)
    let labels = HostTensor(labels, shape: [rows])
    for (index, block) in blocks.enumerated() {
      func run(_ block: any BlockFunction) throws -> [String: HostTensor] {
        let compiled = try program(for: block, shape: x.shape)
        if compiled.inputs.contains(.velocity), velocity == nil {
          velocity = try run(PredictorEvaluation())[Output.velocity]
        }
        evaluations.predictor += compiled.evaluations.predictor
        evaluations.refiner += compiled.evaluations.refiner
        var inputs: [String: HostTensor] = [:]
        for input in compiled.inputs {
          inputs[input.rawValue] =
            switch input {
            case .x: x
            case .t: HostTensor([grid.times[index]], shape: .scalar)
            case .tNext: HostTensor([grid.times[index + 1]], shape: .scalar)
            case .delta: HostTensor([grid.delta], shape: .scalar)
            case .velocity: velocity
            case .labels: labels
            }
        }
        return try compiled.program.run(inputs)
      }
      let outputs = try run(block)
      guard let next = outputs[Output.x], let slope = outputs[Output.velocity] else {
        throw ProgramError("sampling block \(block): its program returned no latents")
      }
      (x, velocity) = (next, slope)
      try observer?(Step(index: index, count: blocks.count, latents: next, velocity: slope))
    }
    return x
  }

  private enum Output {
    static let x = "x"
    static let velocity = "velocity"
  }

  private func program(for block: any BlockFunction, shape: Shape) throws -> CompiledBlock {
    let key = Key(block: AnyHashable(block), shape: shape)
    if let known = compiled[key] { return known }
    let trace = BlockTrace(field, shape: shape)
    let result = try block(trace)
    trace.graph.output(Output.x, result.x)
    trace.graph.output(Output.velocity, result.velocity)
    let program = try executor.compile(trace.graph, variables: variables, frozen: true)
    let block = CompiledBlock(
      program: program, inputs: trace.inputs, evaluations: trace.evaluations)
    compiled[key] = block
    return block
  }
}
