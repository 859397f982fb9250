import Checkpoints
import Diagnostics
import Foundation
import Models
import ReferenceExecutor
import TemporaryFolders
import TensorGraph
import Testing

@testable import Training

@Suite struct TrainerTests {
  private func trainer(
    _ run: TrainingRun, _ observer: @escaping Trainer.Observer = { _ in }
  ) throws -> Trainer {
    try Trainer(
      run, start: .fresh(seed: 5), resume: false, executor: ReferenceExecutor<Float>(),
      observer: observer)
  }

  @Test func lossFalls() throws {
    try withTemporaryFolder { folder in
      var options = ToyFlow.options(steps: 400, batch: 16)
      options.common.checkpoint.every = 400
      options.common.heldOut.every = 1
      options.labelDropout = 0
      let run = try ToyFlow.run(output: folder, options: options)
      var losses: [Double] = []
      let trainer = try trainer(run) {
        if case .heldOut(_, let result) = $0 { losses.append(result.overall.model.loss) }
      }
      #expect(try trainer.train() == .finished)
      #expect(losses.count == 400)
      #expect(losses[399] < 0.6 * losses[0])
    }
  }

  @Test func eventsComeInOrder() throws {
    try withTemporaryFolder { folder in
      var run = try ToyFlow.run(output: folder)
      run.sampleEvery = 8
      var seen: [String] = []
      let trainer = try trainer(run) { event in
        switch event {
        case .step(let report): seen.append("step \(report.step)")
        case .heldOut(let step, _): seen.append("heldOut \(step)")
        case .sampleMoment(let step): seen.append("sample \(step)")
        case .checkpoint(let step, _): seen.append("checkpoint \(step)")
        default: seen.append("other")
        }
      }
      _ = try trainer.train()
      let expected = (1...12).flatMap { step -> [String] in
        var events = ["step \(step)"]
        if step % 6 == 0 { events.append("heldOut \(step)") }
        if step == 8 || step == 12 { events.append("sample \(step)") }
        if step % 4 == 0 { events.append("checkpoint \(step)") }
        return events
      }
      #expect(seen == expected)
    }
  }

  @Test func brokenSampleStopsTheRunByName() throws {
    try withTemporaryFolder { folder in
      // Every sample of the split's training part is drawn within 8 steps of 4.
      let run = try ToyFlow.run(output: folder, steps: 60)
      let split = try DataSplit(count: 40, heldOut: 11, seed: 5)
      let late = split.training.max { first(drawing: $0, run) < first(drawing: $1, run) }
      let broken = try #require(late)
      let step = first(drawing: broken, run)
      #expect(step > 4)

      let trainer = try trainer(ToyFlow.run(output: folder, steps: 60, broken: broken))
      let error = #expect(throws: TrainingError.self) { _ = try trainer.train() }
      guard case .nonFinite(_, step, let indices, let checkpoint?) = error else {
        Issue.record("\(String(describing: error)), expected step \(step)")
        return
      }
      #expect(indices.contains(broken))
      #expect(checkpoint == run.checkpoints.path(step: 4))
      #expect(run.checkpoints.steps() == [4])
      #expect(error?.exitCode == .checkFailed)
    }
  }

  /// NaN in the data is told as such, not as a loss, and before any step has used it.
  @Test func latentsThatAreNoNumbersAreNamed() throws {
    try withTemporaryFolder { folder in
      var run = try ToyFlow.run(output: folder, steps: 60)
      let split = try DataSplit(count: 40, heldOut: 11, seed: 5)
      let points = ToyFlow.Points(count: 40, missing: split.training[3])
      let draws = FlowDraws(ToyFlow.options(steps: 60), classes: 3)
      run.batches = try LatentBatches(points, training: split.training, draws: draws, seed: 5)
      let trainer = try trainer(run)
      let error = #expect(throws: InputError.self) { _ = try trainer.train() }
      #expect(
        error?.description.hasPrefix(
          "latents: sample \(split.training[3]): expected a latent of finite numbers, found nan in "
            + "element 0, from mean nan and log-variance -4") == true,
        "\(error?.description ?? "")")
      #expect(trainer.state.step < 8)
    }
  }

  /// The step, from 1, whose batch first holds sample `index`.
  private func first(drawing index: Int, _ run: TrainingRun) -> Int {
    let batch = Batch(run.loss.inputs, count: run.options.batch)
    for step in 0..<60 {
      try? run.batches.fill(batch, step: step)
      if batch.indices.contains(index) { return step + 1 }
    }
    return 0
  }

  @Test func brokenWeightsAreNotWritten() throws {
    try withTemporaryFolder { folder in
      var options = ToyFlow.options(steps: 4)
      options.common.optimizer.learningRate = 3e38
      options.common.optimizer.schedule = LearningRateSchedule()
      options.common.checkpoint.every = 1
      let run = try ToyFlow.run(output: folder, options: options)
      let trainer = try trainer(run)
      #expect(throws: TrainingError.self) { _ = try trainer.train() }
      #expect(run.checkpoints.steps().isEmpty)
    }
  }

  @Test func unreadableDataReachTheCaller() throws {
    try withTemporaryFolder { folder in
      var run = try ToyFlow.run(output: folder)
      struct Broken: BatchSource {
        func fill(_ batch: Batch, step: Int) throws {
          if step == 3 { throw InputError("no step 3") }
        }
      }
      run.batches = Broken()
      let trainer = try trainer(run)
      #expect(throws: InputError.self) { _ = try trainer.train() }
      #expect(trainer.state.step == 3)
    }
  }

  private func read(_ path: String) throws -> [String: HostTensor] {
    let file = try SafetensorsFile(path: path)
    return try Dictionary(
      uniqueKeysWithValues: file.names.map { name in
        (name, try HostTensor(file.floats(name), shape: Shape(file.info(name).shape)))
      })
  }

  @Test func weightsAloneHaveTheModelsKeys() throws {
    try withTemporaryFolder { folder in
      let trainer = try trainer(ToyFlow.run(output: folder))
      _ = try trainer.train()
      for set in WeightSet.allCases {
        let path = "\(folder)/\(set.rawValue).safetensors"
        let file = try SafetensorsFile(path: path)
        #expect(file.names == ["field.weight", "labels.weight", "shift"])
        #expect(file.metadata["kind"] == "toy")
        #expect(file.metadata["weights"] == set.rawValue)
        #expect(file.metadata["step"] == "12")
        let weights = try read(path)
        #expect(weights["shift"]?.array() == [1, 1])
        #expect(
          weights["field.weight"]?.array() == trainer.state.weights(set)["field.weight"]?.array())
      }
      let model = trainer.state.weights(.model)["field.weight"]?.array()
      #expect(model != trainer.state.weights(.ema)["field.weight"]?.array())
    }
  }

  @Test func publishedWeightsStartARun() throws {
    try withTemporaryFolder { folder in
      let weights = ToyFlow.parameters.initialised(seed: 9)
      let path = "\(folder)/published.safetensors"
      try WeightFile.write(weights, metadata: [:], as: .float16, to: path)
      let state = try TrainingState(ToyFlow.parameters, weights: read(path))
      #expect(state.step == 0)
      for (name, tensor) in state.variables where name.contains("moment") {
        #expect(tensor.array().allSatisfy { $0 == 0 })
      }
      let field = try #require(state.variables["field.weight"])
      #expect(state.variables["ema/field.weight"]?.array() == field.array())
      #expect(
        zip(field.array(), weights["field.weight"]?.array() ?? []).allSatisfy {
          abs($0 - $1) < 1e-3
        })
      #expect(state.variables["first_moment/shift"] == nil)
      #expect(throws: InputError.self) {
        try TrainingState(ToyFlow.refinerParameters, weights: read(path))
      }
    }
  }
}
