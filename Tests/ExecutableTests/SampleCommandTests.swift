import Foundation
import PipelinesTestSupport
import TemporaryFolders
import Testing

@Suite struct SampleCommandTests {
  /// A configuration file for tiny networks in `folder`.
  private func configuration(in folder: String, output: String) throws -> String {
    let models = try TinyModels(in: folder)
    let path = "\(folder)/\(output).yaml"
    try models.sampleConfiguration(output: "\(folder)/\(output)", count: 40, batch: 2)
      .write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// Killed while it samples, as often as it takes, and resumed: the same bytes.
  @Test func killedAndResumedRunsAreEqual() throws {
    try withTemporaryFolder { folder in
      let slow = ["--plan", "heun:300"]
      let whole = try CommandRun(
        "flowturbo", ["sample", "--config", configuration(in: folder, output: "whole")] + slow)
      #expect(whole.exitCode == 0, "\(whole.errors)")

      let arguments =
        ["sample", "--config", try configuration(in: folder, output: "killed"), "--resume"] + slow
      func images() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/killed/images"))?.count
          ?? 0
      }
      for goal in [3, 15] {
        let process = try CommandRun.start("flowturbo", arguments, folder: folder)
        while images() < goal, process.isRunning { usleep(2000) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
      }
      #expect((15..<40).contains(images()))
      let resumed = try CommandRun("flowturbo", arguments)
      #expect(resumed.exitCode == 0, "\(resumed.errors)")
      #expect(resumed.output.contains("samples were there already"))
      #expect(try contents(of: "\(folder)/killed") == contents(of: "\(folder)/whole"))
    }
  }

  @Test func terminatedRunsEndWithTheirOwnCode() throws {
    try withTemporaryFolder { folder in
      let process = try CommandRun.start(
        "flowturbo",
        [
          "sample", "--config", configuration(in: folder, output: "out"), "--plan", "heun:10000",
        ], folder: folder)
      while !FileManager.default.fileExists(atPath: "\(folder)/out/manifest.json"),
        process.isRunning
      { usleep(2000) }
      process.terminate()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit)
      #expect(process.terminationStatus == 3)
      let errors = try String(contentsOfFile: "\(folder)/stderr.txt", encoding: .utf8)
      #expect(errors.contains("repeat the command with --resume"))
    }
  }

  @Test func flagsAreShortForKeys() throws {
    try withTemporaryFolder { folder in
      let run = try CommandRun(
        "flowturbo",
        [
          "sample", "--config", configuration(in: folder, output: "out"), "--plan", "[H1R1]x2",
          "--count", "6", "--labels", "0,2", "--indices", "1..<5", "--set", "write.npz=false",
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(
        try contents(of: "\(folder)/out").keys.sorted() == [
          "configuration.yaml", "grid.png", "images/000001.png", "images/000002.png",
          "images/000003.png", "images/000004.png", "latents.safetensors", "manifest.json",
        ])
      let yaml = try String(
        contentsOfFile: "\(folder)/out/configuration.yaml", encoding: .utf8)
      for line in ["plan: \"[H1R1]x2\"", "count: 6", "labels: \"0,2\"", "indices: 1..<5"] {
        #expect(yaml.contains("  \(line)\n"), "\(yaml)")
      }
    }
  }

  @Test func aProfileIsPrintedAndTraced() throws {
    try withTemporaryFolder { folder in
      let run = try CommandRun(
        "flowturbo",
        [
          "sample", "--config", configuration(in: folder, output: "out"), "--count", "4",
          "--profile", "\(folder)/trace.json",
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
      for text in ["all operations", "layerNormModulate", "sample a batch", "decode a batch"] {
        #expect(run.output.contains(text), "\(run.output)")
      }
      let trace = try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: "\(folder)/trace.json")))
      let events = (trace as? [String: Any])?["traceEvents"] as? [[String: Any]] ?? []
      let names = Set(events.compactMap { $0["name"] as? String })
      #expect(names.isSuperset(of: ["compile", "linear", "attention", "write", "read models"]))
      // Files are written by a thread of their own.
      let threads = Set(events.compactMap { $0["tid"] as? Int })
      #expect(threads.count == 2)
    }
  }

  @Test func aDryRunEstimatesAndWritesNothing() throws {
    try withTemporaryFolder { folder in
      let run = try CommandRun(
        "flowturbo",
        ["sample", "--config", configuration(in: folder, output: "out"), "--dry-run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      for text in [
        "plan: H2P1R1", "Nothing was run", "40 in 20 batches of 2", "parameters of the refiner",
        "time, about",
      ] {
        #expect(run.output.contains(text), "\(run.output)")
      }
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
    }
  }

  @Test func mistakesEndWithTwo() throws {
    try withTemporaryFolder { folder in
      let path = try configuration(in: folder, output: "out")
      for (flags, message) in [
        (["--plan", "H2X1"], "unknown letter 'X' at position 3"),
        (["--labels", "7"], "sampling.labels: expected classes from 0 to 2, found 7"),
        (["--indices", "30..<41"], "expected a non-empty range within 0..<40"),
        (["--set", "vae.weights=none"], "none: expected the weights of a trained autoencoder"),
        (["--sample"], "Unknown option '--sample'"),
      ] {
        let run = try CommandRun("flowturbo", ["sample", "--config", path] + flags)
        #expect(run.exitCode == 2)
        #expect(run.errors.contains(message), "\(run.errors)")
      }
    }
  }
}
