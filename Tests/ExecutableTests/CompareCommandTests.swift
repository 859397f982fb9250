import Foundation
import PipelinesTestSupport
import TemporaryFolders
import Testing

@Suite struct CompareCommandTests {
  @Test func printsATable() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let path = "\(folder)/compare.yaml"
      try models.compareConfiguration(output: "\(folder)/out")
        .write(toFile: path, atomically: true, encoding: .utf8)
      let run = try CommandRun("flowturbo", ["compare", "--config", path])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("predictor evals  refiner evals  ms per image  latent RMSE"))
      #expect(run.output.contains("\n  H1P1R1   shipped                3              2"))
      #expect(run.errors.contains("warning: refiner 'own' is left out"))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/out/H1P1R1-shipped.png"))
    }
  }
}
