import Ablation
import Configuration
import Foundation
import Models
import Pipelines
import Sampling
import Testing
import Training

/// Every file under configs/ can be decoded and opens with what it is.
@Suite struct ConfigurationFileTests {
  private static func files() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: "\(Repository.root)/configs")
      .filter { $0.hasSuffix(".yaml") }.map { "configs/\($0)" }.sorted()
  }

  private static func read(_ path: String) throws -> ConfigurationFile {
    try ConfigurationFile(text: Repository.text(path), name: path)
  }

  /// By the name's first word.
  private static func decode(_ path: String) throws -> any ConfigurationSchema {
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let file = try read(path)
    switch name.split(separator: "-").first {
    case "vae": return try file.decode(TrainVAEConfiguration.self)
    case "encode": return try file.decode(EncodeConfiguration.self)
    case "predictor": return try file.decode(TrainPredictorConfiguration.self)
    case "refiner": return try file.decode(TrainRefinerConfiguration.self)
    case "features": return try file.decode(TrainFeaturesConfiguration.self)
    case "curvature": return try file.decode(CurvatureConfiguration.self)
    case "evaluate": return try file.decode(EvaluateConfiguration.self)
    case "ablation", "mini": return try file.decode(AblationConfiguration.self)
    case "likelihood": return try file.decode(LikelihoodConfiguration.self)
    case "sample": return try file.decode(SampleConfiguration.self)
    case "edit": return try file.decode(EditConfiguration.self)
    case "inpaint": return try file.decode(InpaintConfiguration.self)
    case "invert": return try file.decode(InvertConfiguration.self)
    case "interpolate": return try file.decode(InterpolateConfiguration.self)
    default: return try file.decode(CompareConfiguration.self)
    }
  }

  @Test func everyFileIsOneOfACommand() throws {
    let files = try Self.files()
    #expect(files.count >= 12)
    for path in files {
      #expect(throws: Never.self, "\(path)") { _ = try Self.decode(path) }
    }
  }

  @Test func everyFileSaysWhatItIs() throws {
    for path in try Self.files() {
      let lines = try Repository.text(path).split(separator: "\n")
      let header = lines.prefix { $0.hasPrefix("#") }
      #expect(header.count >= 3 && header.first?.hasSuffix(" ") == false, "\(path)")
      for word in ["Command:", "Time:", "Result:"] {
        #expect(header.contains { $0.hasPrefix("# \(word)") }, "\(path): \(word)")
      }
      #expect(header.contains { $0.hasSuffix("--config \(path)") }, "\(path): its command")
    }
  }

  /// Paper, setting by setting: what the published numbers were made with.
  @Test func imageNetFilesHaveThePublishedSettings() throws {
    for plan in ["H1P5R3", "H2P8R2", "H5P7R3", "H8P9R5"] {
      let path = "configs/imagenet256/sample-\(plan.lowercased()).yaml"
      let sample = try Self.read(path).decode(SampleConfiguration.self)
      #expect(sample.sampling.plan.description == plan)
      #expect((sample.sampling.guidance, sample.sampling.count) == (1.5, 50_000))
      #expect(sample.sampling.guidanceChannels == .firstThree)
      #expect(sample.sampling.labels == .random)
      #expect(sample.sampling.refinerVariant == .block)
      #expect(sample.write.npz)
      #expect(sample.output.hasSuffix(plan.lowercased()))
    }
    let refiner = try Self.read("configs/imagenet256/refiner.yaml")
      .decode(TrainRefinerConfiguration.self)
    let options = refiner.training.options
    #expect(options.common.optimizer.learningRate == 5e-5)
    #expect(options.common.optimizer.weightDecay == 0)
    #expect(options.common.optimizer.emaDecay == 0.9999)
    #expect((options.common.batch, options.labelDropout) == (18, 0.1))
    #expect((options.offset.lower, options.offset.upper) == (0, 0.12))
    #expect(refiner.refiner.depth == 1)
    let encode = try Self.read("configs/imagenet256/encode.yaml").decode(EncodeConfiguration.self)
    #expect(encode.latents == refiner.data.latents)
  }

  /// The files that they name are explained where users look for them.
  @Test func everyWeightFileIsExplained() throws {
    let guide = try Repository.text("docs/weights.md")
    var names: Set<String> = []
    for path in try Self.files() where path.contains("imagenet256") {
      for line in try Repository.text(path).split(separator: "\n") {
        let parts = line.drop { $0 == " " }.split(separator: " ")
        guard parts.count > 1, parts[0] == "weights:" else { continue }
        #expect(parts[1].hasPrefix("weights/"), "\(path): \(parts[1])")
        names.insert(String(parts[1].dropFirst("weights/".count)))
      }
    }
    let inception = "pt_inception-2015-12-05-6726825d.pth"
    #expect(names == ["SiT-XL-2-256x256.pt", "SiT-XL-2-Refiner.pt", "sd-vae-ft-ema", inception])
    for name in names { #expect(guide.contains("`\(name)"), "\(name)") }
  }
}
