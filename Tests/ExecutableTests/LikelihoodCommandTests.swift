import Foundation
import PipelinesTestSupport
import TemporaryFolders
import Testing

@Suite struct LikelihoodCommandTests {
  /// A configuration for tiny networks and images of three classes that are rendered.
  private func configuration(in folder: String) throws -> String {
    let models = try TinyModels(in: folder)
    let path = "\(folder)/likelihood.yaml"
    try """
    output: \(folder)/out
    predictor: {weights: \(models.predictor)}
    data:
      latents: \(folder)/latents.h5
      encode:
        images: \(folder)/images
        size: 8
        vae: {weights: \(models.vae)}
    likelihood: {plan: rk4:2, batch: 2}
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let render = try CommandRun(
      "flowturbo",
      [
        "render-dataset", "--output", "\(folder)/images", "--per-class", "2", "--size", "8",
        "--classes", "cone,cube,torus",
      ])
    #expect(render.exitCode == 0, "\(render.errors)")
    return path
  }

  @Test func flagsAreShortForKeys() throws {
    try withTemporaryFolder { folder in
      let path = try configuration(in: folder)
      let run = try CommandRun(
        "flowturbo",
        [
          "likelihood", "--config", path, "--plan", "heun:2", "--count", "3", "--classes",
          "every", "--threads", "1",
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
      for part in ["own class", "other classes", "likeliest under their own class", "heun:2"] {
        #expect(run.output.contains(part), "\(run.output)")
      }
      let yaml = try String(contentsOfFile: "\(folder)/out/configuration.yaml", encoding: .utf8)
      for line in ["plan: heun:2", "count: 3", "classes: every"] {
        #expect(yaml.contains("  \(line)\n"), "\(yaml)")
      }
      let refused = try CommandRun("flowturbo", ["likelihood", "--config", path, "--plan", "H4"])
      #expect(refused.exitCode == 2)
      #expect(refused.errors.contains("likelihood.plan"), "\(refused.errors)")
    }
  }

  /// Terminated runs end with their own code, killed ones with none; resumed, both give the
  /// bytes of one that was left alone.
  @Test func stoppedAndKilledRunsAreResumed() throws {
    try withTemporaryFolder { folder in
      let arguments = [
        "likelihood", "--config", try configuration(in: folder), "--plan", "rk4:200", "--resume",
      ]
      let whole = try CommandRun("flowturbo", arguments)
      #expect(whole.exitCode == 0, "\(whole.errors)")
      let expected = try contents(of: "\(folder)/out")
      try FileManager.default.removeItem(atPath: "\(folder)/out")
      func parts() -> Int {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/out/parts")
        return names?.count { $0.hasSuffix(".json") } ?? 0
      }
      for (goal, signal) in [(1, SIGTERM), (2, SIGKILL)] {
        let process = try CommandRun.start("flowturbo", arguments, folder: folder)
        while parts() < goal, process.isRunning { usleep(1000) }
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(process.terminationStatus == (signal == SIGTERM ? 3 : SIGKILL))
      }
      let resumed = try CommandRun("flowturbo", arguments)
      #expect(resumed.exitCode == 0, "\(resumed.errors)")
      #expect(resumed.output.contains("likelihoods were there already"))
      #expect(try contents(of: "\(folder)/out") == expected)
    }
  }
}
