import Diagnostics
import Foundation
import Testing

/// The table of `docs/exit-codes.md`, as users meet it.
@Suite(.serialized) struct ExitCodeTests {
  func expect(
    _ code: ExitCode, saying text: String, _ ending: Ending,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ending.code == code.rawValue, "\(ending.errors)", sourceLocation: sourceLocation)
    let said = code == .done ? ending.output : ending.errors
    #expect(said.contains(text), "\(said)", sourceLocation: sourceLocation)
  }

  @Test func theTableIsThatOfTheCode() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appendingPathComponent("docs/exit-codes.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
      .map { $0.split(separator: "|").prefix(2).map { $0.filter { !" `".contains($0) } } }
    #expect(rows == ExitCode.allCases.map { ["\($0.rawValue)", "\($0)"] })
  }

  @Test func helpIsDone() throws {
    let place = try Workplace()
    expect(.done, saying: "USAGE", try place.run(.flowturbo, ["--help"]))
    expect(.done, saying: "--config", try place.run(.trainRefiner, ["--help"]))
  }

  @Test(arguments: [
    ["train-vae"], ["train-vae", "--no-such-flag"], ["no-such-command"],
    ["encode", "--images", "x"], ["encode", "--size", "many"], ["train-features"],
    ["sample", "--config", "x", "--threads", "0"], ["verify", "--threads", "1025"],
  ])
  func wrongUsage(_ arguments: [String]) throws {
    expect(.badInput, saying: "error: ", try Workplace().run(.flowturbo, arguments))
  }

  @Test func wrongConfigurations() throws {
    let place = try Workplace()
    try TinyRuns.writeConfigurations(place)
    func predictor(_ more: String...) throws -> Ending {
      try place.run(.flowturbo, ["train-predictor", "--config", "predictor.yaml"] + more)
    }
    expect(
      .badInput, saying: "did you mean training.steps?",
      try predictor("--set", "training.stepps=3"))
    expect(
      .badInput, saying: "no such file", try place.run(.trainRefiner, ["--config", "no.yaml"]))
    expect(
      .badInput, saying: "vae/vae.safetensors",
      try predictor("--set", "data.encode.images=nowhere"))
    expect(
      .badInput, saying: "flowturbo encode", try predictor("--set", "data.encode=null"))
    #expect(!place.exists("latents"))
  }

  @Test func dataThatDoNotFit() throws {
    let place = try TinyRuns.place(with: ["vae", "latents"])
    func predictor(_ set: String) throws -> Ending {
      try place.run(
        .flowturbo, ["train-predictor", "--config", "predictor.yaml", "--set", set])
    }
    expect(.badInput, saying: "at least 10 classes", try predictor("model.classes=7"))
    expect(.badInput, saying: "[4, 8, 8]", try predictor("model.inputSize=16"))
    expect(.badInput, saying: "fewer held-out", try predictor("training.heldOut.count=20"))
  }

  @Test func lossOutOfRange() throws {
    let place = try TinyRuns.place(with: ["vae", "latents"])
    let ending = try place.run(
      .flowturbo,
      [
        "train-predictor", "--config", "predictor.yaml", "--set",
        "training.optimizer.learningRate=1e30",
      ])
    expect(.checkFailed, saying: "samples of the batch: ", ending)
    #expect(ending.errors.contains("no checkpoint has been written yet"))
  }

  @Test func secondRunInTheFolder() throws {
    let place = try TinyRuns.place(with: ["vae", "latents"])
    let command = [
      "train-predictor", "--config", "predictor.yaml", "--set", "training.steps=1000000",
    ]
    let first = try place.start(.flowturbo, command)
    first.wait { place.hasLogged("predictor/log.jsonl", step: 2) }
    expect(.badInput, saying: "in use by process", try place.run(.flowturbo, command))
    first.send(SIGTERM)
    expect(.stoppedResumable, saying: "--resume", first.ending())
    // Its state is not to be overwritten by accident, nor mixed with another run's.
    expect(.badInput, saying: "--resume", try place.run(.flowturbo, command))
    expect(
      .badInput, saying: "training.batch was 4 and is 8",
      try place.run(.flowturbo, command + ["--resume", "--set", "training.batch=8"]))
  }

  @Test func brokenImages() throws {
    let place = try TinyRuns.place(with: ["vae", "images"])
    try place.write("no image", to: "images/cone/broken.jpg")
    let encode = ["encode", "--config", "encode.yaml"]
    expect(
      .badInput, saying: "images/cone/broken.jpg",
      try place.run(.flowturbo, encode + ["--strict"]))
    expect(
      .badInput, saying: "raise --max-broken", try place.run(.flowturbo, encode))
    #expect(!place.exists("latents/latents.h5"))
    // What was encoded counts, and so do the images found broken then.
    let again = try place.run(.flowturbo, encode + ["--max-broken", "0.3"])
    #expect(again.code == 0)
    #expect(again.errors.contains("skipped earlier: images/cone/broken.jpg"))
    #expect(again.errors.contains("1 of 21 images skipped"))
    #expect(again.output.contains("latents of 20 images"))
    #expect(place.text("latents/latents.log.jsonl").contains("broken.jpg"))
  }

  @Test func dryRunsDoNothing() throws {
    let place = try TinyRuns.place(with: ["vae", "predictor"])
    let before = try FileManager.default.subpathsOfDirectory(atPath: place.folder)
      .filter { !$0.hasPrefix(".") }.sorted()
    for command in [
      ["train-vae", "--config", "vae.yaml"], ["train-predictor", "--config", "predictor.yaml"],
      ["train-features", "--config", "features.yaml"],
    ] {
      expect(
        .done, saying: "multiply-adds per step", try place.run(.flowturbo, command + ["--dry-run"]))
    }
    expect(
      .done, saying: "parameters of the teacher",
      try place.run(.trainRefiner, ["--config", "refiner.yaml", "--dry-run"]))
    try place.write("", to: "images/a/b.jpg")
    expect(
      .done, saying: "size of the latents",
      try place.run(.flowturbo, ["encode", "--config", "encode.yaml", "--dry-run"]))
    try FileManager.default.removeItem(atPath: place.path("images"))
    let after = try FileManager.default.subpathsOfDirectory(atPath: place.folder)
      .filter { !$0.hasPrefix(".") }.sorted()
    #expect(after == before)
  }
}
