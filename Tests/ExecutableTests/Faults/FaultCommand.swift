import Checkpoints
import Foundation
import Synchronization
import Testing

/// A command on tiny models that faults are put into, and what it makes.
struct FaultCommand: Sendable, CustomTestStringConvertible {
  let name: String
  let program: Program
  /// Those of the first run and, as `--resume` allows both, of all after it.
  let arguments: [String]
  /// What earlier stages made.
  let needs: [String]
  let prepare: @Sendable (Workplace) throws -> Void
  /// Files and folders that it makes, the folder of the run first.
  let outputs: [String]
  /// What it reads beside configurations, a file of each kind. No single images: some of a set may be
  /// broken.
  let inputs: [String]

  var testDescription: String { name }

  func newPlace() throws -> Workplace {
    let place = try TinyRuns.place(with: needs)
    try prepare(place)
    return place
  }

  func start(_ place: Workplace, _ fault: FileFault? = nil) throws -> Running {
    try place.start(program, arguments, environment: fault?.environment ?? [:])
  }

  static let all = [encode, refiner, sample, evaluate, ablate]

  /// Those that a fault is tested on: `make test` has no minutes for each fault with each command.
  static let tested =
    ProcessInfo.processInfo.environment["FAULT_KILLS"] == nil ? [refiner, sample] : all

  /// Images of 512 pixels and many levels make parts of eight images.
  static let encode = Self(
    name: "encode", program: .flowturbo,
    arguments: [
      "encode", "--images", "images", "--vae", "large/vae.safetensors", "--output",
      "out/latents.h5", "--size", "512", "--batch", "4",
    ], needs: ["images"],
    prepare: { place in
      let made = try largeAutoencoder.get()
      try FileManager.default.copyItem(atPath: made.path("large"), toPath: place.path("large"))
    }, outputs: ["out"], inputs: ["large/vae.safetensors"])

  static let refiner = Self(
    name: "train-refiner", program: .trainRefiner,
    arguments: ["--config", "refiner.yaml", "--resume"],
    needs: ["vae", "latents", "predictor"], prepare: { _ in }, outputs: ["refiner"],
    inputs: ["predictor/predictor.safetensors", "latents/latents.h5", "vae/vae.safetensors"])

  /// Images are made on the way to the other files, and removed.
  static let sample = Self(
    name: "sample", program: .flowturbo,
    arguments: ["sample", "--config", "sample.yaml", "--resume"],
    needs: ["vae", "predictor", "refiner"],
    prepare: { place in
      try place.write(
        """
        output: samples
        predictor: {weights: predictor/predictor.safetensors}
        refiner: {weights: refiner/refiner.safetensors}
        vae: {weights: vae/vae.safetensors}
        sampling: {plan: H2P2R2, count: 20, batch: 5, guidance: 1.5, labels: balanced}
        write: {png: false, grid: true, npz: true, latents: true}
        """, to: "sample.yaml")
    }, outputs: ["samples"], inputs: ["predictor/predictor.safetensors", "vae/vae.safetensors"])

  /// The features of 1200 images are three parts.
  static let evaluate = Self(
    name: "evaluate", program: .flowturbo,
    arguments: [
      "evaluate", "--reference", "real.npz", "--samples", "fake.npz", "--weights",
      "features/features.safetensors", "--metrics", "fid,precision,recall,kid", "--bootstrap",
      "20", "--batch", "256", "--cache", "cache", "--save-statistics", "made/statistics.npz",
      "--output", "made/results.h5",
    ], needs: ["features"],
    prepare: { place in
      for (set, factor, count) in [("real", 7, 600), ("fake", 11, 1200)] {
        try NPZWriter.write(to: place.path("\(set).npz"), shape: [count, 16, 16, 3]) { npz in
          for number in 0..<count {
            try npz.append(
              (0..<768).map { index in
                UInt8(truncatingIfNeeded: index * factor + number * (13 + index % 3) + index / 7)
              })
          }
        }
      }
    }, outputs: ["cache", "made"], inputs: ["features/features.safetensors", "fake.npz"])

  static let ablate = Self(
    name: "ablate", program: .ablate,
    arguments: ["--config", "ablation.yaml", "--resume", "--threads", "1"],
    needs: ["vae", "latents", "predictor", "features"],
    prepare: { try $0.write(AblateCommandTests.configuration, to: "ablation.yaml") },
    outputs: ["sweep"],
    inputs: ["predictor/predictor.safetensors", "features/features.safetensors"])

  private static let largeAutoencoder: Result<Workplace, any Error> = Result {
    let place = try TinyRuns.place(with: ["images"])
    atexit {
      try? FileManager.default.removeItem(atPath: FaultCommand.largeAutoencoder.get().folder)
    }
    try place.succeed(
      .flowturbo,
      [
        "train-vae", "--config", "vae.yaml", "--set", "output=large", "--set", "training.steps=1",
        "--set", "autoencoder.channels=[2,2,2,2,2]", "--set", "autoencoder.normGroups=1",
      ])
    return place
  }

  // MARK: Undisturbed

  /// What a run that was left alone made, and how long it was.
  struct Undisturbed: Sendable {
    let products: Products
    let seconds: Double
    let changes: Int
  }

  private static let known = Mutex<[String: Undisturbed]>([:])
  private static let knownReads = Mutex<[String: Int]>([:])

  func undisturbed() throws -> Undisturbed {
    try Self.known.withLock { known in
      if let known = known[name] { return known }
      let result = try run(counting: .changes)
      known[name] = result
      return result
    }
  }

  /// The number of reads of a run that was left alone, which made what the other one did: else
  /// nothing that is compared with it would mean anything.
  func undisturbedReads() throws -> Int {
    try Self.knownReads.withLock { known in
      if let known = known[name] { return known }
      let result = try run(counting: .reads)
      try #require(try undisturbed().products.differences(from: result.products) == [])
      known[name] = result.changes
      return result.changes
    }
  }

  private func run(counting operations: FileFault.Operations) throws -> Undisturbed {
    let place = try newPlace()
    let start = ContinuousClock.now
    let ending = try place.run(
      program, arguments,
      environment: FileFault.counting(operations, to: place.path(".count")))
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try #require(ending.code == 0, "\(name): \(ending.errors)")
    let text = place.text(".count").split(separator: "\n").first ?? ""
    return Undisturbed(
      products: try Products(of: outputs, in: place), seconds: seconds,
      changes: try #require(Int(text), "the library that counts was not loaded"))
  }
}
