import Foundation
import PipelinesTestSupport
import TemporaryFolders
import Testing

@Suite struct CurvatureCommandTests {
  @Test func printsATableAndWritesTheFile() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let path = "\(folder)/curvature.yaml"
      try models.curvatureConfiguration(output: "\(folder)/out/curvature.h5")
        .write(toFile: path, atomically: true, encoding: .utf8)
      let run = try CommandRun(
        "flowturbo", ["curvature", "--config", path, "--plan", "euler:30", "--count", "3"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("3 trajectories, euler:30, means over samples and steps"))
      #expect(run.output.contains("\n  noise: epsilon, as trained  "))
      #expect(run.errors.contains("warning: predictor 'later' is left out"))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/out/curvature.h5"))
    }
  }
}
