import Ablation
import Configuration
import Models
import Pipelines
import Sampling
import Testing
import Training

/// docs/configuration.md has a row for every key, with its default, and no row beside.
@Suite struct ConfigurationDocumentTests {
  private struct Key: Hashable {
    let command: String
    /// The section's path, empty for the top.
    let section: String
    let name: String
    let value: String
  }

  /// The keys of a configuration that hold values.
  private static func keys(_ command: String, _ schema: some ConfigurationSchema) throws -> [Key] {
    var path: [String] = []
    return try ResolvedConfiguration(schema).yaml.split(separator: "\n").compactMap { line in
      let indentation = line.prefix { $0 == " " }.count
      let parts = line.dropFirst(indentation).split(separator: ":", maxSplits: 1)
      path = Array(path.prefix(indentation / 2)) + [String(parts[0])]
      let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
      guard !value.isEmpty, value != "{}" else { return nil }
      return Key(
        command: command, section: path.dropLast().joined(separator: "."),
        name: path.last ?? "", value: String(value))
    }
  }

  /// Every configuration with every section that may be null, and once more without.
  private static func all() throws -> [Key] {
    var images = ImageSetOptions()
    images.render = RenderedSetOptions()
    var encoding = EncodingOptions()
    encoding.images = images
    var latents = LatentSetOptions()
    latents.encode = encoding

    var vae = TrainVAEConfiguration()
    vae.data = images
    vae.training.reconstructions = ReconstructionOptions()
    var encode = EncodeConfiguration()
    encode.encode = encoding
    var predictor = TrainPredictorConfiguration()
    predictor.data = latents
    predictor.training.samples = SampleGridOptions()
    predictor.training.options.time = .logitNormal(mean: 0, std: 1)
    var refiner = TrainRefinerConfiguration()
    refiner.data = latents
    refiner.training.samples = SampleGridOptions()
    var features = TrainFeaturesConfiguration()
    features.data = images
    var sample = SampleConfiguration()
    sample.refiner = NetworkReference()
    var compare = CompareConfiguration()
    compare.refiners = [("NAME", ComparedRefiner())]
    var evaluation = ComparisonEvaluationOptions()
    evaluation.render = RenderedSetOptions()
    compare.evaluation = evaluation
    var likelihood = LikelihoodConfiguration()
    likelihood.data = latents
    var variant = ComparedPlan()
    (variant.adaptive, variant.diffusion) = (AdaptiveOptions(), DiffusionOptions())
    compare.sampling.variants = [("NAME", variant)]
    var plain = CompareConfiguration()
    plain.sampling.variants = [("NAME", ComparedPlan())]
    plain.evaluation = ComparisonEvaluationOptions()
    var ablation = AblationConfiguration()
    ablation.studies = [("NAME", StudyConfiguration())]
    var rendered = ablation
    rendered.reference = RenderedSetOptions()
    rendered.agreement = AgreementOptions()
    var curvature = CurvatureConfiguration()
    curvature.predictors = [("NAME", StudiedPredictor())]
    return try keys("ablate", ablation) + keys("ablate", rendered) + keys("curvature", curvature)
      + keys("train-vae", vae)
      + keys("train-vae", TrainVAEConfiguration())
      + keys("encode", encode) + keys("encode", EncodeConfiguration())
      + keys("train-predictor", predictor)
      + keys("train-predictor", TrainPredictorConfiguration())
      + keys("train-refiner", refiner) + keys("train-refiner", TrainRefinerConfiguration())
      + keys("train-features", features) + keys("train-features", TrainFeaturesConfiguration())
      + keys("sample", sample) + keys("compare", compare)
      + keys("compare", plain) + keys("evaluate", EvaluateConfiguration())
      + keys("likelihood", likelihood) + keys("likelihood", LikelihoodConfiguration())
      + tasks()
  }

  private static func tasks() throws -> [Key] {
    var (edit, inpaint) = (EditConfiguration(), InpaintConfiguration())
    var (invert, interpolate) = (InvertConfiguration(), InterpolateConfiguration())
    edit.task.refiner = NetworkReference()
    inpaint.task.refiner = NetworkReference()
    invert.task.refiner = NetworkReference()
    interpolate.task.refiner = NetworkReference()
    return try keys("edit", edit) + keys("inpaint", inpaint) + keys("invert", invert)
      + keys("interpolate", interpolate)
  }

  /// Whether the table under `heading` is about the section of `key`: it names the section
  /// and either no command or this one.
  private static func concerns(_ heading: String, _ key: Key) -> Bool {
    let commands = [
      "train-vae", "encode", "train-predictor", "train-refiner", "train-features", "sample",
      "compare", "curvature", "evaluate", "likelihood", "edit", "inpaint", "invert", "interpolate",
      "ablate",
    ]
    guard !key.section.isEmpty else {
      return heading == "All files" || heading == "The top of `\(key.command)`"
    }
    let words = heading.quotedWords
    let named = heading.contains(" of `") ? words.filter(commands.contains) : []
    return words.contains(key.section)
      && (named.isEmpty || named.contains(key.command) || key.section.contains("."))
  }

  @Test func everyKeyIsDocumentedWithItsDefault() throws {
    let rows = MarkdownTable.rows(of: try Repository.text("docs/configuration.md"))
    let keys = try Self.all()
    for key in keys {
      let path = "\(key.command): \(key.section).\(key.name)"
      let matches = rows.filter {
        $0.cells.first == "`\(key.name)`" && Self.concerns($0.heading, key)
      }
      #expect(!matches.isEmpty, "\(path) has no row")
      let defaults = matches.map { $0.cells[2] }
      // A required key's value is a placeholder. Filled sections hold values beside defaults.
      let values = keys.filter {
        ($0.command, $0.section, $0.name) == (key.command, key.section, key.name)
      }.map { "`\($0.value)`" }
      #expect(
        defaults.contains("required") || !Set(values).isDisjoint(with: defaults),
        "\(path): \(key.value), not \(defaults)")
    }
  }

  @Test func everyRowIsAKey() throws {
    let keys = try Self.all()
    // Rows without a default are sections or names of presets.
    let rows = MarkdownTable.rows(of: try Repository.text("docs/configuration.md"))
      .filter { $0.cells.count == 4 && $0.cells[0] != "key" && !$0.cells[2].isEmpty }
    #expect(rows.count > 60)
    for row in rows {
      #expect(
        keys.contains { "`\($0.name)`" == row.cells[0] && Self.concerns(row.heading, $0) },
        "\(row.heading): \(row.cells[0]) is no key")
    }
  }
}
