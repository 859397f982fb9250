import CPUExecutor
import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import Imaging
import PipelinesTestSupport
import Synchronization
import TemporaryFolders
import Testing

@testable import Pipelines

/// Samples with tiny networks into `folder/<name>`; returns what the pipeline said.
@discardableResult
private func sample(
  _ models: TinyModels, to name: String, _ overrides: [String] = [], resume: Bool = false,
  stopAfter polls: Int = .max
) throws -> [String] {
  let text = models.sampleConfiguration(output: "\(models.folder)/\(name)")
  let configuration = try ConfigurationFile(text: text, name: "sample.yaml", overrides: overrides)
    .decode(SampleConfiguration.self)
  let notes = Mutex<[String]>([])
  let polled = Atomic<Int>(0)
  try Sample(configuration) { event in
    if case .note(let text) = event { notes.withLock { $0.append(text) } }
  } shouldStop: {
    polled.add(1, ordering: .relaxed).newValue > polls
  }.run(resume: resume)
  return notes.withLock { $0 }
}

private func withModels(_ body: (TinyModels) throws -> Void) throws {
  try withTemporaryFolder { try body(TinyModels(in: $0)) }
}

@Suite struct SampleTests {
  /// Predictors of noise serve every plan of the predictor, as velocities.
  @Test func predictorsOfNoiseAreSampledAsVelocities() throws {
    try withModels { models in
      let noise = ["predictor.weights=\(models.noisePredictor)", "sampling.plan=heun:4"]
      let notes = try sample(models, to: "a", noise)
      let said = notes.joined(separator: "\n")
      #expect(said.contains("predictor of noise, "))
      let error = #expect(throws: InputError.self) {
        try sample(models, to: "b", noise + ["predictor.model={objective: velocity}"])
      }
      #expect(
        error?.description.contains("model.objective velocity as configured, found epsilon")
          == true, "\(String(describing: error))")
      let refused = #expect(throws: InputError.self) {
        try sample(models, to: "c", [noise[0]])
      }
      #expect(refused?.description.contains("use a plan without R") == true)
    }
  }

  @Test func writesEverySampleOnce() throws {
    try withModels { models in
      try sample(models, to: "a", ["sampling.count=5", "sampling.batch=2"])
      let folder = "\(models.folder)/a"
      #expect(
        try contents(of: folder).keys.sorted() == [
          "configuration.yaml", "grid.png", "images/000000.png", "images/000001.png",
          "images/000002.png", "images/000003.png", "images/000004.png", "latents.safetensors",
          "manifest.json", "samples.npz",
        ])

      let images = try (0..<5).map {
        try ImageDecoder.decode(path: "\(folder)/images/00000\($0).png")
      }
      #expect(images.allSatisfy { ($0.width, $0.height) == (TinyModels.side, TinyModels.side) })
      #expect(Set(images.map(\.pixels)).count == 5, "samples are alike")
      let npz = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/samples.npz"))
      let header = try #require(npz.range(of: Data("'shape': (5, 8, 8, 3)".utf8)))
      let data = try #require(npz[header.upperBound...].firstIndex(of: UInt8(ascii: "\n"))) + 1
      let pixels = images.flatMap(\.pixels)
      #expect(Array(npz[data..<data + pixels.count]) == pixels)

      let latents = try SafetensorsFile(path: "\(folder)/latents.safetensors")
      #expect(try latents.info("latents").shape == [5] + TinyModels.latentShape)
      #expect(try latents.integers("labels") == [0, 1, 2, 0, 1])
      #expect(try latents.integers("indices") == [0, 1, 2, 3, 4])
      // A row per class: two columns, the last place empty.
      let grid = try ImageDecoder.decode(path: "\(folder)/grid.png")
      #expect((grid.width, grid.height) == (2 * 8 + 2, 3 * 8 + 2 * 2))
    }
  }

  @Test func theSameCommandGivesTheSameBytes() throws {
    try withModels { models in
      try sample(models, to: "a")
      try sample(models, to: "b")
      let first = try contents(of: "\(models.folder)/a")
      #expect(try contents(of: "\(models.folder)/b") == first)
      // And once more over what is there.
      try sample(models, to: "a")
      #expect(try contents(of: "\(models.folder)/a") == first)
    }
  }

  /// Stopped between batches and inside one; plans of four steps, batches of three.
  @Test(arguments: [1, 4, 6, 12])
  func stoppedAndResumedRunsAreEqual(polls: Int) throws {
    try withModels { models in
      try sample(models, to: "whole")
      let stopped = #expect(throws: Stopped.self) {
        try sample(models, to: "parts", stopAfter: polls)
      }
      #expect(stopped?.exitCode == .stoppedResumable)
      #expect(
        stopped?.description
          == "stopped after \(polls / 5 * 3) of 8 samples: repeat the command with --resume")
      let before = try contents(of: "\(models.folder)/parts")
      #expect(before.keys.count { $0.hasPrefix("images/") } == polls / 5 * 3)
      #expect(before["samples.npz"] == nil)
      try sample(models, to: "parts", resume: true)
      #expect(
        try contents(of: "\(models.folder)/parts") == contents(of: "\(models.folder)/whole"))
    }
  }

  /// Samples in bfloat16 are near those in float32, say so, and are not mixed with them.
  @Test(.enabled(if: BFloat16Support.ofThisProcessor != .none))
  func bfloat16IsNoted() throws {
    try withModels { models in
      let latents = try ["float32", "bfloat16"].map { precision in
        try sample(models, to: precision, ["precision=\(precision)"])
        let folder = "\(models.folder)/\(precision)"
        let noted = try SampleManifest.read(in: folder)?.precision
        #expect(noted == precision)
        return try SafetensorsFile(path: "\(folder)/latents.safetensors").floats("latents")
      }
      #expect(latents[0] != latents[1])
      let difference = zip(latents[0], latents[1]).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference < 0.25)
      #expect(throws: InputError.self) {
        try sample(models, to: "float32", ["precision=bfloat16"], resume: true)
      }
    }
  }

  /// Rounding aside, whatever the batch.
  @Test(arguments: [1.0, 1.5])
  func samplesDoNotDependOnTheBatch(guidance: Double) throws {
    try withModels { models in
      let latents = try [1, 3, 8].map { batch in
        try sample(
          models, to: "\(batch)", ["sampling.batch=\(batch)", "sampling.guidance=\(guidance)"])
        return try SafetensorsFile(path: "\(models.folder)/\(batch)/latents.safetensors")
          .floats("latents")
      }
      let scale = latents[0].map(abs).max() ?? 0
      #expect(scale > 0.1)
      for other in latents.dropFirst() {
        let error = zip(latents[0], other).map { abs($0 - $1) }.max() ?? .infinity
        #expect(error <= 1e-4 * scale)
      }
    }
  }

  /// The cut lies inside a batch.
  @Test func partsMakeTheWhole() throws {
    try withModels { models in
      try sample(models, to: "whole", ["sampling.indices=0..<8"])
      try sample(models, to: "left", ["sampling.indices=0..<4"])
      try sample(models, to: "right", ["sampling.indices=4..<8"])
      func images(_ name: String) throws -> [String: Data] {
        try contents(of: "\(models.folder)/\(name)").filter { $0.key.hasPrefix("images/") }
      }
      let (left, right) = (try images("left"), try images("right"))
      #expect(left.count == 4 && right.count == 4)
      #expect(try left.merging(right) { left, _ in left } == images("whole"))
      func latents(_ name: String) throws -> [Float] {
        try SafetensorsFile(path: "\(models.folder)/\(name)/latents.safetensors").floats("latents")
      }
      #expect(try latents("left") + latents("right") == latents("whole"))
    }
  }

  @Test func manifestTellsTheProvenance() throws {
    try withModels { models in
      try sample(models, to: "a", ["sampling.plan=H1H1P1R1"])
      let manifest = try #require(try SampleManifest.read(in: "\(models.folder)/a"))
      #expect(manifest.complete)
      #expect(manifest.plan == "H2P1R1")
      #expect(manifest.evaluations == .init(predictor: 5, refiner: 2))
      #expect((manifest.guidance, manifest.guidanceChannels) == (1.5, "3"))
      #expect((manifest.seed, manifest.count, manifest.batch) == (5, 8, 3))
      #expect((manifest.indices.from, manifest.indices.to) == (0, 8))
      #expect((manifest.labels, manifest.precision) == ("balanced", "float32"))
      #expect(manifest.vaeScale == 0.18215)
      #expect(manifest.codeVersion == Toolkit.version && manifest.oneDNN.contains("."))
      for (role, path) in [
        ("predictor", models.predictor), ("refiner", models.refiner), ("vae", models.vae),
      ] {
        #expect(manifest.weights[role]?.path == path)
        #expect(try manifest.weights[role]?.sha256 == FileHash.sha256(ofFile: path))
        #expect(manifest.weights[role]?.metadata["weights"] == "ema")
      }
      #expect(manifest.outputs == ["images", "grid.png", "latents.safetensors", "samples.npz"])
      #expect(manifest.configuration.contains("plan: H2P1R1\n"))
      #expect(
        try SafetensorsFile(path: "\(models.folder)/a/latents.safetensors").metadata
          == manifest.identity)
    }
  }

  @Test func anotherRunsFolderIsRefused() throws {
    try withModels { models in
      try sample(models, to: "a")
      for resume in [true, false] {
        let error = #expect(throws: InputError.self) {
          try sample(models, to: "a", ["seed=6", "sampling.plan=H3"], resume: resume)
        }
        let text = try #require(error?.description)
        #expect(text.contains("sampling.plan was H2P1R1 and is H3"))
        #expect(text.contains("seed was 5 and is 6"))
        #expect(text.contains("refiner (SHA-256) was"))
        #expect(!text.contains("count"))
      }
    }
  }

  @Test func damagedImagesAreMadeAgain() throws {
    try withModels { models in
      try sample(models, to: "a")
      let whole = try contents(of: "\(models.folder)/a")
      let damaged = "\(models.folder)/a/images/000004.png"
      try AtomicFile.write(
        Array(Data(contentsOf: URL(fileURLWithPath: damaged)).dropLast(20)), to: damaged)
      // Only batches that need it are made: the others keep whatever else is in them.
      let other = "\(models.folder)/a/images/000000.png"
      let changed = RGBImage(width: 8, height: 8, pixels: Array(repeating: 9, count: 192))
      try ImageEncoder.writePNG(changed, to: other)
      let notes = try sample(models, to: "a", resume: true)
      #expect(notes.contains("5 of 8 samples were there already"))
      #expect(try ImageDecoder.decode(path: other) == changed)
      #expect(
        FileManager.default.contents(atPath: damaged) == whole["images/000004.png"])
    }
  }

  @Test func imagesThatAreNotWantedAreRemoved() throws {
    try withModels { models in
      try sample(models, to: "a", ["write.png=false", "write.latents=false"])
      #expect(
        try contents(of: "\(models.folder)/a").keys.sorted()
          == ["configuration.yaml", "grid.png", "manifest.json", "samples.npz"])
      #expect(
        try sample(models, to: "a", ["write.png=false", "write.latents=false"], resume: true).last
          == "\(models.folder)/a: complete already, 8 samples")
      // Wanted after all, they are made from the start.
      try sample(models, to: "a", resume: true)
      try sample(models, to: "b")
      #expect(try contents(of: "\(models.folder)/a") == contents(of: "\(models.folder)/b"))
    }
  }

  @Test func filesOfOthersAreLeftAlone() throws {
    try withModels { models in
      try AtomicFile.write("mine", to: "\(models.folder)/a/images/000000.png")
      let error = #expect(throws: InputError.self) { try sample(models, to: "a") }
      #expect(error?.description.contains("found images/000000.png") == true)
    }
  }

  @Test func missingAndMistakenWeightsAreNamed() throws {
    try withModels { models in
      let missing = #expect(throws: InputError.self) {
        try sample(models, to: "a", ["refiner.weights=there/refiner.safetensors"])
      }
      #expect(
        missing?.description
          == "there/refiner.safetensors: expected the weights of a trained refiner, found no such "
          + "file; train it with `train-refiner` or correct the path")
      let mistaken = #expect(throws: InputError.self) {
        try sample(models, to: "a", ["predictor.weights=\(models.refiner)"])
      }
      #expect(
        mistaken?.description
          == "\(models.refiner): weights do not fit a predictor: 1 misshapen: x_embedder.proj.weight "
          + "is [16, 8, 2, 2], should be [16, 4, 2, 2]; this is a refiner; a predictor's "
          + "x_embedder takes 4 channels")
      #expect(throws: InvalidField.self) { try sample(models, to: "a", ["sampling.labels=0-3"]) }
      // Nothing is left behind that would hinder the next run.
      try sample(models, to: "a")
    }
  }

  @Test func weightsOutOfRangeAreNamed() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder, predictorScale: 1e30)
      let error = #expect(throws: NonFiniteSample.self) { try sample(models, to: "a") }
      #expect(error?.index == 0)
      #expect(error?.exitCode == .checkFailed)
    }
  }
}
