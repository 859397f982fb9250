import Diagnostics
import Files
import Models
import TensorGraph

/// Everything that makes up a run, but for the machine it runs on.
public struct TrainingRun {
  public var parameters: [Parameter]
  public var loss: any TrainingLoss
  public var batches: any BatchSource
  /// nil measures nothing.
  public var heldOut: (any HeldOutSource)?
  public var options: TrainingOptions
  /// Weights of networks that are not trained, under the names that the loss gives them.
  public var frozen: [String: HostTensor] = [:]
  /// Folder for `model.safetensors`, `ema.safetensors` and `checkpoints/`.
  public var output: String
  public var identity: RunIdentity
  /// Kind, configuration and provenance, stored with the weights.
  public var metadata: [String: String] = [:]
  /// Steps between grids of samples; nil for none.
  public var sampleEvery: Int?

  public init(
    parameters: [Parameter], loss: any TrainingLoss, batches: any BatchSource,
    options: TrainingOptions, output: String, identity: RunIdentity
  ) {
    self.parameters = parameters
    self.loss = loss
    self.batches = batches
    self.options = options
    self.output = output
    self.identity = identity
  }

  public var checkpoints: CheckpointStore {
    CheckpointStore(folder: "\(output)/checkpoints", keep: options.checkpoint.keep)
  }
}

/// The training loop: batch, step, now and then a measurement and a checkpoint.
///
/// A run killed at any moment and resumed ends with the same bytes: batches and
/// rates are functions of the step's number, and a state is written whole.
public final class Trainer {
  public typealias Observer = (TrainingEvent) throws -> Void

  /// What `start` may begin with.
  public enum Start {
    /// These weights, or fresh ones drawn by the seed, at step 0.
    case fresh(seed: UInt64)
    case weights([String: HostTensor])
  }

  public let run: TrainingRun
  /// Present weights, moments and averages.
  public let state: TrainingState
  private let step: TrainingStep
  private let prefetcher: Prefetcher
  private let executor: any Executor
  private let observer: Observer
  private var evaluation: HeldOutEvaluation?
  private var lastCheckpoint: String?
  /// Samples of the last step, for messages.
  private var lastIndices: [Int] = []

  /// Compiles the step.
  ///
  /// - Parameters:
  ///   - start: the weights of step 0, ignored where a state is resumed.
  ///   - resume: goes on from the newest whole state in the output folder, or
  ///     from the start where a killed run had not written one yet.
  /// - Throws: `InputError` where a state belongs to another configuration, or
  ///   where the folder holds states and `resume` is false.
  public init(
    _ run: TrainingRun, start: Start, resume: Bool, executor: any Executor,
    observer: @escaping Observer
  ) throws {
    try run.options.validate()
    let checkpoints = run.checkpoints
    guard resume || checkpoints.steps().isEmpty else {
      throw InputError(
        run.output, expected: "a folder without resume states", found: "states of an earlier run",
        remedy: "add --resume to go on with it, or choose another output folder")
    }
    let resumed =
      resume
      ? try checkpoints.newest(run.parameters, identity: run.identity) {
        try observer(.damagedCheckpoint(path: $0, reason: $1))
      } : nil
    switch (resumed, start) {
    case (let resumed?, _):
      state = resumed
      let path = checkpoints.path(step: resumed.step)
      lastCheckpoint = path
      try observer(.resumed(step: resumed.step, path: path))
    case (nil, .fresh(let seed)):
      state = try TrainingState(run.parameters, weights: run.parameters.initialised(seed: seed))
    case (nil, .weights(let weights)):
      state = try TrainingState(run.parameters, weights: weights)
    }
    self.run = run
    self.executor = executor
    self.observer = observer
    let options = run.options
    step = try TrainingStep(
      loss: run.loss, parameters: run.parameters, batch: options.batch,
      accumulation: options.accumulation, optimizer: options.optimizer, executor: executor,
      variables: state.variables.merging(run.frozen) { own, _ in own })
    prefetcher = Prefetcher(run.batches, inputs: run.loss.inputs, count: options.batch)
  }

  /// Runs to the last step, or until `stopRequested`, asked after every step.
  /// - Throws: `TrainingError` where a loss or gradient is not finite.
  public func train(stopRequested: () -> Bool = { false }) throws -> TrainingOutcome {
    let options = run.options
    guard state.step < options.steps else {
      // Killed after the last state, perhaps before its weights were written alone.
      try exportWeights()
      return .finished
    }
    while state.step < options.steps {
      try takeStep()
      let isEnd = state.step == options.steps
      let isStopping = !isEnd && stopRequested()
      if isEnd || isDue(options.heldOut.every) { try measureHeldOut() }
      if let every = run.sampleEvery, isEnd || isDue(every) {
        try observer(.sampleMoment(step: state.step))
      }
      // Last, so that a resumed run repeats nothing that was reported before.
      if isEnd || isStopping || isDue(options.checkpoint.every) { try writeCheckpoint() }
      if isStopping { return .stopped(step: state.step) }
    }
    return .finished
  }

  private func isDue(_ every: Int) -> Bool { every > 0 && state.step.isMultiple(of: every) }

  private func takeStep() throws {
    let options = run.options
    let start = ContinuousClock.now
    let batch = try Profile.phase("wait for a batch") {
      try prefetcher.batch(step: state.step, isLast: state.step + 1 == options.steps)
    }
    lastIndices = batch.indices
    let rate = options.optimizer.schedule.rate(
      state.step, of: options.steps, peak: options.optimizer.learningRate)
    let result = try Profile.phase("step") {
      try step.run(batch, step: state.step + 1, learningRate: rate)
    }
    guard result.isFinite else {
      // The step's weights are spoilt and never written; their moments tell where it began.
      let first = state.firstNonFinite().map { ", first of the tensors: \($0)" } ?? ""
      throw TrainingError.nonFinite(
        quantity: "loss is \(result.loss), gradient norm \(result.gradientNorm)\(first)",
        step: state.step + 1, indices: lastIndices, lastCheckpoint: lastCheckpoint)
    }
    state.step += 1
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try observer(
      .step(
        StepReport(
          step: state.step, loss: result.loss, parts: result.parts,
          gradientNorm: result.gradientNorm, learningRate: rate, seconds: seconds,
          samplesPerSecond: Double(options.batch) / seconds)))
  }

  private func measureHeldOut() throws {
    guard let source = run.heldOut, source.count > 0 else { return }
    let evaluation =
      try self.evaluation
      ?? HeldOutEvaluation(
        loss: run.loss, source: source, batch: run.options.batch / run.options.accumulation,
        executor: executor, variables: state.variables.merging(run.frozen) { own, _ in own })
    self.evaluation = evaluation
    let result = try Profile.phase("held-out loss") { try evaluation.run() }
    for weights in WeightSet.allCases where !result.overall[weights].loss.isFinite {
      throw TrainingError.nonFinite(
        quantity: "held-out loss of the \(weights.rawValue) weights is not finite",
        step: state.step, indices: lastIndices, lastCheckpoint: lastCheckpoint)
    }
    try observer(.heldOut(step: state.step, result))
  }

  private func writeCheckpoint() throws {
    if let name = state.firstNonFinite() {
      throw TrainingError.nonFinite(
        quantity: "\(name) is not finite", step: state.step, indices: lastIndices,
        lastCheckpoint: lastCheckpoint)
    }
    let path = try Profile.phase("checkpoint") {
      let path = try run.checkpoints.write(state, identity: run.identity)
      try exportWeights()
      return path
    }
    lastCheckpoint = path
    try observer(.checkpoint(step: state.step, path: path))
  }

  private func exportWeights() throws {
    for weights in WeightSet.allCases {
      let metadata = run.metadata.merging(
        ["weights": weights.rawValue, "step": String(state.step)]) { own, _ in own }
      try WeightFile.write(
        state.weights(weights), metadata: metadata,
        to: "\(run.output)/\(weights.rawValue).safetensors")
    }
  }
}
