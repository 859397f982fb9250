import Foundation
import PipelinesTestSupport
import TemporaryFolders
import Testing

/// `flowturbo inspect` and `flowturbo convert`, and `--weights` of the others.
@Suite struct WeightCommandTests {
  @Test func inspectionPrintsTextOrJSON() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let text = try CommandRun("flowturbo", ["inspect", models.vae])
      #expect(text.exitCode == 0, "\(text.errors)")
      for part in [
        "content     AutoencoderKL of widths 8, 8", "taken by    flowturbo encode: --vae",
        "decoder.conv_in.weight", "8×4×3×3   F32", "in all",
      ] {
        #expect(text.output.contains(part), "\(text.output)")
      }
      let brief = try CommandRun("flowturbo", ["inspect", models.vae, "--summary"])
      #expect(brief.exitCode == 0 && !brief.output.contains("decoder.conv_in.weight"))
      let json = try CommandRun("flowturbo", ["inspect", models.vae, "--json", "--hash"])
      let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect(object?["kind"] as? String == "autoencoder")
      #expect((object?["sha256"] as? String)?.count == 64)
    }
  }

  @Test func damagedFilesEndWithTwoAndOneLine() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let data = try Data(contentsOf: URL(fileURLWithPath: models.vae))
      for (name, bytes) in [
        ("empty.pt", Data()), ("text.pt", Data("hello".utf8)),
        ("cut.safetensors", data.prefix(data.count / 2)), ("zip.pt", Data("PK\u{3}\u{4}".utf8)),
        ("pickle.pt", Data([0x80, 2])),
      ] {
        let path = "\(folder)/\(name)"
        try bytes.write(to: URL(fileURLWithPath: path))
        for arguments in [["inspect", path], ["convert", path, "\(folder)/out.safetensors"]] {
          let run = try CommandRun("flowturbo", arguments)
          #expect(run.exitCode == 2, "\(arguments): \(run.errors)")
          #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
          #expect(run.errors.hasPrefix("error: \(path): "), "\(run.errors)")
        }
      }
      let missing = try CommandRun("flowturbo", ["inspect", "\(folder)/none"])
      #expect(missing.exitCode == 2)
      #expect(missing.errors.contains("found nothing"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out.safetensors"))
    }
  }

  @Test func conversionWritesWhatSamplingTakes() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let output = "\(folder)/converted.safetensors"
      let run = try CommandRun(
        "flowturbo", ["convert", models.predictor, output, "--type", "bfloat16"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("predictor SiT of width 16, depth 2, patch 2, ema weights"))
      let again = try CommandRun("flowturbo", ["convert", models.predictor, output])
      #expect(again.exitCode == 2)
      #expect(again.errors.contains("or replace it with --force"))
      let forced = try CommandRun("flowturbo", ["convert", models.predictor, output, "--force"])
      #expect(forced.exitCode == 0)

      let configuration = "\(folder)/sample.yaml"
      try models.sampleConfiguration(output: "\(folder)/out", count: 2, batch: 2)
        .write(toFile: configuration, atomically: true, encoding: .utf8)
      let sample = try CommandRun(
        "flowturbo",
        ["sample", "--config", configuration, "--set", "predictor.weights=\(output)"])
      #expect(sample.exitCode == 0, "\(sample.errors)")
      #expect(sample.output.contains("converted.safetensors: predictor"))
    }
  }

  /// The tiny models say that they are averages.
  @Test func weightsThatAreNotThereAreRefused() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let sample = "\(folder)/sample.yaml"
      try models.sampleConfiguration(output: "\(folder)/out")
        .write(toFile: sample, atomically: true, encoding: .utf8)
      let compare = "\(folder)/compare.yaml"
      try models.compareConfiguration(output: "\(folder)/compared")
        .write(toFile: compare, atomically: true, encoding: .utf8)
      let encode = ["--images", folder, "--vae", models.vae, "--output", "\(folder)/l.h5"]
      for arguments in [
        ["sample", "--config", sample], ["compare", "--config", compare], ["encode"] + encode,
        ["inspect", models.vae], ["convert", models.vae, "\(folder)/c.safetensors"],
      ] {
        let run = try CommandRun("flowturbo", arguments + ["--weights", "raw"])
        let said = arguments[0] == "inspect" ? run.output : run.errors
        #expect(run.exitCode == (arguments[0] == "inspect" ? 0 : 2), "\(arguments)")
        #expect(said.contains("expected raw weights, found the top of the file only"), "\(said)")
      }
      let wrong = try CommandRun("flowturbo", ["sample", "--config", sample, "--weights", "all"])
      #expect(wrong.exitCode == 2)
      #expect(wrong.errors.contains("'all' is invalid"), "\(wrong.errors)")
    }
  }

  @Test func helpNamesTheFlags() throws {
    for (arguments, flags) in [
      (["inspect"], ["--weights", "--summary", "--hash", "--json"]),
      (["convert"], ["--weights", "--type", "--keep-names", "--force", "--set"]),
      (["sample"], ["--weights"]), (["compare"], ["--weights"]), (["encode"], ["--weights"]),
    ] {
      let run = try CommandRun("flowturbo", arguments + ["--help"])
      #expect(run.exitCode == 0)
      for flag in flags { #expect(run.output.contains(flag), "\(run.output)") }
    }
    #expect(try CommandRun("train-refiner", ["--help"]).output.contains("--weights"))
  }
}
