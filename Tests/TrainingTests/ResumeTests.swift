import CPUExecutor
import Diagnostics
import Foundation
import Models
import ReferenceExecutor
import TemporaryFolders
import TensorGraph
import Testing

@testable import Training

@Suite struct ResumeTests {
  /// Trains the toy flow; the events seen.
  @discardableResult
  private func train(
    _ run: TrainingRun, resume: Bool = false, stopAfter: Int? = nil
  ) throws -> (outcome: TrainingOutcome, events: [TrainingEvent]) {
    var events: [TrainingEvent] = []
    let trainer = try Trainer(
      run, start: .fresh(seed: 5), resume: resume, executor: ReferenceExecutor<Float>(),
      observer: { events.append($0) })
    let outcome = try trainer.train { trainer.state.step == stopAfter }
    return (outcome, events)
  }

  private let results = ["model.safetensors", "ema.safetensors"]

  private func expectEqualResults(
    _ folder: String, _ other: String, _ names: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for name in names {
      let one = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      let two = try Data(contentsOf: URL(fileURLWithPath: "\(other)/\(name)"))
      #expect(one == two, "\(name) differs", sourceLocation: sourceLocation)
    }
  }

  private func damage(_ path: String, at share: Double) throws {
    let url = URL(fileURLWithPath: path)
    var bytes = try Data(contentsOf: url)
    let index = Int(Double(bytes.count - 1) * share)
    bytes[index] ^= 0x10
    try bytes.write(to: url)
  }

  @Test func stoppedAndResumedEqualsUndisturbed() throws {
    try withTemporaryFolder { folder in
      let whole = try ToyFlow.run(output: "\(folder)/whole")
      #expect(try train(whole).outcome == .finished)
      let parts = try ToyFlow.run(output: "\(folder)/parts")
      #expect(try train(parts, stopAfter: 5).outcome == .stopped(step: 5))
      #expect(try train(parts, resume: true, stopAfter: 9).outcome == .stopped(step: 9))
      let (outcome, events) = try train(parts, resume: true)
      #expect(outcome == .finished)
      guard case .resumed(step: 9, _) = events.first else {
        Issue.record("no resumption: \(events)")
        return
      }
      try expectEqualResults(
        whole.output, parts.output, results + ["checkpoints/step-000012.safetensors"])
    }
  }

  @Test func killedBetweenCheckpointsEqualsUndisturbed() throws {
    try withTemporaryFolder { folder in
      let whole = try ToyFlow.run(output: "\(folder)/whole")
      try train(whole)
      // What a kill after step 10 leaves: states of 4 and 8 and their weights alone.
      let killed = try ToyFlow.run(output: "\(folder)/killed")
      struct Killed: Error {}
      #expect(throws: Killed.self) {
        let trainer = try Trainer(
          killed, start: .fresh(seed: 5), resume: false, executor: ReferenceExecutor<Float>()
        ) { event in
          if case .step(let report) = event, report.step == 10 { throw Killed() }
        }
        _ = try trainer.train()
      }
      #expect(killed.checkpoints.steps() == [4, 8])
      try train(killed, resume: true)
      try expectEqualResults(whole.output, killed.output, results)

      // Killed after the last state, before the weights were written alone.
      try FileManager.default.removeItem(atPath: "\(killed.output)/ema.safetensors")
      #expect(try train(killed, resume: true).outcome == .finished)
      try expectEqualResults(whole.output, killed.output, results)
    }
  }

  @Test func resumingBeforeTheFirstCheckpointStarts() throws {
    try withTemporaryFolder { folder in
      let run = try ToyFlow.run(output: folder)
      let (outcome, events) = try train(run, resume: true)
      #expect(outcome == .finished)
      #expect(events.count { if case .step = $0 { true } else { false } } == 12)
    }
  }

  @Test(arguments: [0.0, 0.2, 0.9]) func damagedStateFallsBack(damagedAt share: Double) throws {
    try withTemporaryFolder { folder in
      let whole = try ToyFlow.run(output: "\(folder)/whole")
      try train(whole)
      let other = try ToyFlow.run(output: "\(folder)/other")
      try train(other)
      let newest = other.checkpoints.path(step: 12)
      try damage(newest, at: share)
      let (outcome, events) = try train(other, resume: true)
      #expect(outcome == .finished)
      guard case .damagedCheckpoint(newest, _) = events[0], case .resumed(step: 8, _) = events[1]
      else {
        Issue.record("no fall-back: \(events.prefix(2))")
        return
      }
      try expectEqualResults(whole.output, other.output, results)
    }
  }

  @Test func onlyDamagedStatesAreAnError() throws {
    try withTemporaryFolder { folder in
      let run = try ToyFlow.run(output: folder)
      try train(run)
      for step in run.checkpoints.steps() {
        let url = URL(fileURLWithPath: run.checkpoints.path(step: step))
        try Data(contentsOf: url).prefix(300).write(to: url)
      }
      #expect(throws: InputError.self) { try train(run, resume: true) }
    }
  }

  @Test func anotherConfigurationIsRefusedByKey() throws {
    try withTemporaryFolder { folder in
      var run = try ToyFlow.run(output: folder)
      try train(run)
      run.identity.settings["training.batch"] = "8"
      let error = #expect(throws: InputError.self) { try train(run, resume: true) }
      #expect(error?.description.contains("training.batch was 4 and is 8") == true)
      #expect(error?.description.contains("seed") == false)
    }
  }

  @Test func anEarlierRunIsNotOverwritten() throws {
    try withTemporaryFolder { folder in
      let run = try ToyFlow.run(output: folder)
      try train(run)
      #expect(throws: InputError.self) { try train(run) }
    }
  }

  @Test func theNewestStatesAreKept() throws {
    try withTemporaryFolder { folder in
      let run = try ToyFlow.run(output: folder, steps: 18)
      try train(run)
      #expect(run.checkpoints.steps() == [16, 18])
    }
  }

  /// The libraries' threads must not change bits either.
  @Test func aTransformerOnTheCPUResumesToTheBit() throws {
    var configuration = SiTConfiguration()
    configuration.inputSize = 8
    configuration.hiddenSize = 32
    configuration.depth = 1
    configuration.heads = 2
    configuration.classes = 3
    configuration.learnSigma = false
    let model = try SiT(configuration)

    struct Latents: LatentSource {
      let count = 6
      let sampleShape: Shape = [4, 8, 8]
      let scale: Float = 1
      let labels: [Int32] = [0, 1, 2, 0, 1, 2]
      func read(
        index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
        logVariance: UnsafeMutableBufferPointer<Float>
      ) {
        for i in mean.indices { mean[i] = sin(Float(i * (index + 1))) }
        logVariance.update(repeating: -2)
      }
    }
    var options = ToyFlow.options(steps: 6)
    options.common.accumulation = 2
    options.common.optimizer.gradientClip = 1
    func run(_ output: String) throws -> TrainingRun {
      TrainingRun(
        parameters: model.parameters, loss: FlowMatchingLoss(model),
        batches: try LatentBatches(
          Latents(), training: Array(0..<6), draws: FlowDraws(options, classes: 3), seed: 1),
        options: options.common, output: output, identity: RunIdentity([:]))
    }
    func train(_ run: TrainingRun, resume: Bool, stopAfter: Int? = nil) throws {
      let trainer = try Trainer(
        run, start: .fresh(seed: 1), resume: resume, executor: CPUExecutor(), observer: { _ in })
      _ = try trainer.train { trainer.state.step == stopAfter }
    }
    try withTemporaryFolder { folder in
      try train(run("\(folder)/whole"), resume: false)
      try train(run("\(folder)/parts"), resume: false, stopAfter: 3)
      try train(run("\(folder)/parts"), resume: true)
      try expectEqualResults("\(folder)/whole", "\(folder)/parts", results)
    }
  }
}
