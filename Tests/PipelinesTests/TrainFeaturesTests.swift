import CPUExecutor
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

@Suite struct TrainFeaturesTests {
  private func configuration(_ folder: String, _ overrides: [String] = []) throws
    -> TrainFeaturesConfiguration
  {
    try ConfigurationFile(
      text: """
        output: \(folder)/run
        seed: 3
        data: {images: \(folder)/images, size: 8}
        network:
          {name: three-letters, imageSize: 8, widths: [4, 8, 8], normGroups: 4, featureWidth: 15,
            spatialChannels: 2, classes: 3}
        training:
          steps: 4
          batch: 4
          optimizer: {learningRate: 1e-3, emaDecay: 0.5}
          checkpoint: {every: 2, keep: 1}
          heldOut: {count: 5, every: 2}
          logEvery: 1
        """, name: "features.yaml", overrides: overrides
    ).decode()
  }

  @Test func runsLeaveANetworkThatDescribesItself() throws {
    try withTemporaryFolder { folder in
      CPUExecutor.threads = 1
      try writeImages(to: "\(folder)/images", count: 6)
      let said = Said()
      let configuration = try configuration(folder)
      let pipeline = TrainFeatures(configuration, observe: said.observer)
      #expect(try pipeline.run(resume: false) == .finished)
      #expect(said.contains("step 4: held-out loss"))
      #expect(said.contains(", accuracy "))
      for name in [
        "model.safetensors", "ema.safetensors", "features.safetensors", "configuration.yaml",
        "log.jsonl", "checkpoints/step-000004.safetensors",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(folder)/run/\(name)"), "\(name)")
      }
      let path = "\(folder)/run/features.safetensors"
      let loaded = try LoadedModel<FeatureNetwork>(features: path, said.observer)
      #expect(loaded.model.configuration == configuration.network)
      #expect(loaded.origin.takenName == "ema")
      #expect(said.contains("\(path): feature network three-letters of 15 features, ema weights"))
      // Its own weights are what a run may start from.
      let again = TrainFeatures(
        try self.configuration(folder, ["output=\(folder)/again"]), observe: said.observer)
      #expect(try again.run(resume: false, initial: path) == .finished)
    }
  }

  @Test func dataMustFit() throws {
    try withTemporaryFolder { folder in
      try writeImages(to: "\(folder)/images", count: 2)
      for (override, message) in [
        ("network.classes=2", "set network.classes to 3 at least"),
        ("training.heldOut.count=6", "fewer held-out samples than the data's 6"),
        ("data.images=nowhere", "nowhere"),
      ] {
        let pipeline = TrainFeatures(
          try configuration(folder, [override]), observe: Said().observer)
        let error = #expect(throws: InputError.self) { try pipeline.run(resume: false) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func missingFilesNameTheCommand() {
    let error = #expect(throws: InputError.self) {
      try LoadedModel<FeatureNetwork>(features: "no.safetensors", Said().observer)
    }
    #expect(error?.description.contains("flowturbo train-features") == true)
  }

  @Test func dryRunsTouchNothing() throws {
    try withTemporaryFolder { folder in
      let said = Said()
      try TrainFeatures(configuration(folder), observe: said.observer).dryRun()
      #expect(said.lines.first?.contains("name: three-letters") == true)
      #expect(said.contains("What it would take"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}
