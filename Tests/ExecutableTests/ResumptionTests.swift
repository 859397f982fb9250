import Diagnostics
import Foundation
import Testing

/// Runs that are killed or stopped and repeated end with the bytes of one left alone.
@Suite(.serialized) struct ResumptionTests {
  /// Ends the program with `signals` one after the other, each when the log has come to
  /// its step, and lets the last run finish.
  func disturb(
    _ place: Workplace, _ program: Program, _ arguments: [String], log: String,
    signals: [(step: Int, signal: Int32)]
  ) throws {
    var hits = 0
    for (step, signal) in signals {
      let running = try place.start(program, arguments)
      running.wait { place.hasLogged(log, step: step) }
      // A moment that differs from run to run, within the next step or its files.
      usleep(UInt32.random(in: 0..<20_000))
      running.send(signal)
      let ending = running.ending()
      hits += ending.code == 0 ? 0 : 1
      #expect([0, signal == SIGKILL ? -SIGKILL : 3].contains(ending.code), "\(ending.errors)")
      if ending.code == 3 { #expect(ending.errors.contains("repeat the command")) }
    }
    #expect(hits > 0, "every run ended before its signal")
    try place.succeed(program, arguments)
  }

  @Test func autoencoder() throws {
    let undisturbed = try TinyRuns.undisturbed.get()
    let place = try TinyRuns.place(with: ["images"])
    try disturb(
      place, .flowturbo, ["train-vae", "--config", "vae.yaml", "--resume"], log: "vae/log.jsonl",
      signals: [(1, SIGKILL), (4, SIGKILL), (7, SIGTERM), (10, SIGKILL)])
    try expectEqualFiles(
      ["model", "ema", "vae"].map { "vae/\($0).safetensors" }, undisturbed, place)
  }

  @Test func predictor() throws {
    let undisturbed = try TinyRuns.undisturbed.get()
    let place = try TinyRuns.place(with: ["vae", "latents"])
    try disturb(
      place, .flowturbo, ["train-predictor", "--config", "predictor.yaml", "--resume"],
      log: "predictor/log.jsonl",
      signals: [(2, SIGKILL), (9, SIGTERM), (11, SIGKILL), (20, SIGKILL)])
    try expectEqualFiles(
      ["model", "ema", "predictor"].map { "predictor/\($0).safetensors" }, undisturbed, place)
    // The log reads as if nothing had happened.
    func steps(_ place: Workplace) -> [Substring] {
      place.text("predictor/log.jsonl").split(separator: "\n")
        .filter { $0.contains("\"event\":\"step\"") }
        .map { $0.prefix { $0 != "," } + $0.drop { $0 != "," }.prefix(12) }
    }
    #expect(steps(place) == steps(undisturbed))
    #expect(steps(place).count == 24)
  }

  @Test func refiner() throws {
    let undisturbed = try TinyRuns.undisturbed.get()
    let place = try TinyRuns.place(with: ["vae", "latents", "predictor"])
    try disturb(
      place, .trainRefiner, ["--config", "refiner.yaml", "--resume"], log: "refiner/log.jsonl",
      signals: [(6, SIGKILL), (13, SIGTERM), (22, SIGKILL)])
    try expectEqualFiles(
      ["model", "ema", "refiner"].map { "refiner/\($0).safetensors" }, undisturbed, place)
  }

  @Test func features() throws {
    let undisturbed = try TinyRuns.undisturbed.get()
    let place = try TinyRuns.place(with: ["images"])
    try disturb(
      place, .flowturbo, ["train-features", "--config", "features.yaml", "--resume"],
      log: "features/log.jsonl", signals: [(1, SIGKILL), (5, SIGTERM), (9, SIGKILL)])
    try expectEqualFiles(
      ["model", "ema", "features"].map { "features/\($0).safetensors" }, undisturbed, place)
  }

  /// Many levels and large images make parts of eight images.
  @Test func latents() throws {
    let base = try Workplace()
    try TinyRuns.writeConfigurations(base)
    try base.succeed(
      .flowturbo,
      [
        "train-vae", "--config", "vae.yaml", "--set", "training.steps=1", "--set",
        "autoencoder.channels=[2,2,2,2,2]", "--set", "autoencoder.normGroups=1",
      ])
    try base.write("no image", to: "images/cone/broken.jpg")
    try base.write("", to: "images/torus/empty.png")
    let encode = [
      "encode", "--images", "images", "--vae", "vae/vae.safetensors", "--output", "latents.h5",
      "--size", "512", "--batch", "3", "--max-broken", "0.2",
    ]
    let ending = try base.succeed(.flowturbo, encode)
    #expect(ending.errors.contains("2 of 22 images skipped"))

    let place = try Workplace()
    for name in ["images", "vae"] {
      try FileManager.default.copyItem(atPath: base.path(name), toPath: place.path(name))
    }
    try disturb(
      place, .flowturbo, encode, log: "latents.log.jsonl",
      signals: [(0, SIGKILL), (1, SIGTERM), (2, SIGKILL)])
    try expectEqualFiles(["latents.h5", "latents.log.jsonl"], base, place)
    #expect(!place.exists("latents.h5.parts"))
  }
}
