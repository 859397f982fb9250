import CPUExecutor
import Checkpoints
import Configuration
import Diagnostics
import Foundation
import Imaging
import ModelFiles
import Models
import PipelinesTestSupport
import TemporaryFolders
import Testing
import Training

@testable import Pipelines

/// Trainings of a few steps in this process; kills and exit codes are ExecutableTests'.
@Suite struct TrainingPipelineTests {
  private func withData(_ body: (TinyModels) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      try writeImages(to: "\(folder)/images", count: 6)
      try body(models)
    }
  }

  private func text(_ models: TinyModels, output: String, more: String) -> String {
    """
    output: \(models.folder)/\(output)
    seed: 3
    data:
      latents: \(models.folder)/latents.h5
      encode:
        images: \(models.folder)/images
        size: 8
        vae: {weights: \(models.vae)}
    \(more)
    training:
      steps: 4
      batch: 4
      optimizer: {learningRate: 1e-3, emaDecay: 0.5}
      checkpoint: {every: 2, keep: 1}
      heldOut: {count: 10, every: 2}
      logEvery: 1
      samples: {every: 2, plans: [H2, P1R1], perClass: 2, vae: {weights: \(models.vae)}}
    """
  }

  private func configuration<Schema: ConfigurationSchema>(
    _ models: TinyModels, _ output: String, _ more: String, _ overrides: [String] = []
  ) throws -> Schema {
    try ConfigurationFile(
      text: text(models, output: output, more: more), name: "run.yaml", overrides: overrides
    ).decode()
  }

  private let model =
    """
    model: {inputSize: 4, patchSize: 2, inChannels: 4, hiddenSize: 8, depth: 1, heads: 2, \
    classes: 3, learnSigma: false}
    """

  private func predictor(_ models: TinyModels, _ overrides: [String] = []) throws
    -> TrainPredictorConfiguration
  {
    try configuration(models, "predictor", model, ["training.samples.plans=[H2]"] + overrides)
  }

  @Test func predictorsLeaveEverythingInTheirFolder() throws {
    try withData { models in
      let said = Said()
      let pipeline = TrainPredictor(try predictor(models), observe: said.observer)
      #expect(try pipeline.run(resume: false) == .finished)
      #expect(said.contains("latents.h5 is missing: encoding"))

      let folder = "\(models.folder)/predictor"
      for name in [
        "model.safetensors", "ema.safetensors", "predictor.safetensors", "configuration.yaml",
        "log.jsonl", "checkpoints/step-000004.safetensors", "samples/step-000002-H2.png",
        "samples/step-000004-H2.png",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name)"), "\(name)")
      }
      // A row per class, two columns.
      let grid = try ImageDecoder.imageSize(path: "\(folder)/samples/step-000004-H2.png")
      #expect(grid == (2 * 8 + 2, 3 * 8 + 2 * 2))
      // The shipped file says what it is.
      var reference = NetworkReference()
      reference.weights = "\(folder)/predictor.safetensors"
      #expect(try reference.predictorConfiguration() == pipeline.configuration.model)
      let again = try ConfigurationFile(path: "\(folder)/configuration.yaml")
        .decode(TrainPredictorConfiguration.self)
      #expect(again == pipeline.configuration)
    }
  }

  @Test func modelsMustFitTheLatents() throws {
    try withData { models in
      for (override, message) in [
        ("model.classes=2", "at least 3 classes"), ("model.inputSize=8", "[4, 4, 4]"),
        ("model.inChannels=3", "[3, 4, 4]"),
      ] {
        let error = #expect(throws: InputError.self) {
          try TrainPredictor(predictor(models, [override]), observe: Said().observer)
            .run(resume: false)
        }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
      }
    }
  }

  @Test func foldersAreFreeAgainAfterARun() throws {
    try withData { models in
      let configuration = try predictor(models)
      try _ = TrainPredictor(configuration, observe: Said().observer).run(resume: false)
      // Nothing but the state of the run before is in the way.
      let error = #expect(throws: InputError.self) {
        try TrainPredictor(configuration, observe: Said().observer).run(resume: false)
      }
      #expect(error?.description.contains("--resume") == true)
      #expect(
        try TrainPredictor(configuration, observe: Said().observer).run(resume: true) == .finished)
    }
  }

  /// What `auto` is resolved to counts, not the word.
  @Test func runsGoOnInTheirPrecision() throws {
    try withData { models in
      func run(_ precision: String, resume: Bool) throws -> TrainingOutcome {
        try TrainPredictor(
          predictor(models, ["precision=\(precision)"]), observe: Said().observer
        ).run(resume: resume)
      }
      let (own, other) =
        BFloat16Support.ofThisProcessor == .native
        ? ("bfloat16", "float32") : ("float32", "bfloat16")
      let outcomes = [try run("auto", resume: false), try run(own, resume: true)]
      #expect(outcomes == [.finished, .finished])
      guard BFloat16Support.ofThisProcessor != .none else { return }
      let error = #expect(throws: InputError.self) { _ = try run(other, resume: true) }
      #expect(error?.description.contains("precision was") == true, "\(String(describing: error))")
    }
  }

  /// What is predicted is part of the model, of the run and of every file it leaves.
  @Test func predictorsOfNoiseSayThatTheyAre() throws {
    try withData { models in
      func run(_ overrides: [String], resume: Bool) throws -> TrainingOutcome {
        try TrainPredictor(predictor(models, overrides), observe: Said().observer)
          .run(resume: resume)
      }
      #expect(try run(["model.objective=epsilon"], resume: false) == .finished)
      let folder = "\(models.folder)/predictor"
      for name in ["predictor", "ema", "model"] {
        let file = try ModelFile(path: "\(folder)/\(name).safetensors")
        let metadata = try #require(file.file.metadata[ModelMetadata.model], "\(name)")
        #expect(metadata.contains("objective: epsilon"), "\(name)")
      }
      let error = #expect(throws: InputError.self) { _ = try run([], resume: true) }
      #expect(
        error?.description.contains("model.objective was epsilon and is not set") == true,
        "\(String(describing: error))")
      #expect(try run(["model.objective=epsilon"], resume: true) == .finished)

      // A refiner has nothing to learn from it.
      let refiner: TrainRefinerConfiguration = try configuration(
        models, "refiner", "teacher: {weights: \(folder)/predictor.safetensors}")
      let refused = #expect(throws: InputError.self) {
        try TrainRefiner(refiner, observe: Said().observer).run(resume: false)
      }
      #expect(refused?.description.contains("expected a predictor of velocities") == true)
    }
  }

  @Test func runsMayStartFromGivenWeights() throws {
    try withData { models in
      let configuration = try predictor(
        models, ["model.hiddenSize=16", "model.depth=2", "model.frequencyEmbeddingSize=16"])
      let run = TrainPredictor(configuration, observe: Said().observer)
      #expect(throws: InputError.self) { try run.run(resume: false, initial: models.refiner) }
      #expect(try run.run(resume: false, initial: models.predictor) == .finished)
      // The weights that a run began with are part of what it is.
      #expect(throws: InputError.self) { try run.run(resume: true) }
      #expect(try run.run(resume: true, initial: models.predictor) == .finished)
    }
  }

  /// A predictor of noise may begin as one of velocities, which is said.
  @Test func anotherObjectivesWeightsAreNamed() throws {
    try withData { models in
      let said = Said()
      let configuration = try predictor(
        models,
        [
          "model.hiddenSize=16", "model.depth=2", "model.frequencyEmbeddingSize=16",
          "model.objective=epsilon",
        ])
      let run = TrainPredictor(configuration, observe: said.observer)
      #expect(try run.run(resume: false, initial: models.predictor) == .finished)
      #expect(said.contains("its weights were trained for objective velocity"))
    }
  }

  @Test func refinersAreComparedWithTheZeroRefiner() throws {
    try withData { models in
      let said = Said()
      let configuration: TrainRefinerConfiguration = try configuration(
        models, "refiner", "teacher: {weights: \(models.predictor)}\nrefiner: {depth: 1}")
      let pipeline = TrainRefiner(configuration, observe: said.observer)
      #expect(try pipeline.run(resume: false) == .finished)
      #expect(said.contains("Held-out loss by t: 10 rows"))
      for step in [2, 4] {
        #expect(
          said.contains("step \(step): the refiner beats the zero refiner in every bin")
            || said.contains("step \(step): the refiner does not beat the zero refiner at t in"))
      }
      let folder = "\(models.folder)/refiner"
      // The teacher alone draws the same picture every time.
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/samples").sorted()
          == ["H2.png", "step-000002-P1R1.png", "step-000004-P1R1.png"])
      var reference = NetworkReference()
      reference.weights = "\(folder)/refiner.safetensors"
      let refiner = try reference.loadRefiner { _ in }
      #expect(refiner.model.configuration.velocityInput)
      #expect(refiner.model.configuration.depth == 1)
    }
  }

  @Test func dryRunsCountParameters() throws {
    try withData { models in
      let said = Said()
      let configuration = try predictor(models)
      try TrainPredictor(configuration, observe: said.observer).dryRun()
      #expect(said.lines.first?.contains("steps: 4") == true)
      #expect(said.contains("What it would take"))
      #expect(!FileManager.default.fileExists(atPath: "\(models.folder)/predictor"))
      #expect(!FileManager.default.fileExists(atPath: "\(models.folder)/latents.h5"))
    }
  }
}
