import Ablation
import Configuration
import Models
import Pipelines
import Sampling
import Training

/// A value of the configuration of every command, for tests that walk all keys.
enum EveryConfiguration {
  typealias Item = (command: String, schema: any ConfigurationSchema)

  /// With every section that may be null.
  static var filled: [Item] {
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
    var variant = ComparedPlan()
    (variant.adaptive, variant.diffusion) = (AdaptiveOptions(), DiffusionOptions())
    compare.sampling.variants = [("NAME", variant)]
    var likelihood = LikelihoodConfiguration()
    likelihood.data = latents
    var ablation = AblationConfiguration()
    ablation.studies = [("NAME", StudyConfiguration())]
    ablation.reference = RenderedSetOptions()
    ablation.agreement = AgreementOptions()
    var curvature = CurvatureConfiguration()
    curvature.predictors = [("NAME", StudiedPredictor())]
    return [
      ("train-vae", vae), ("encode", encode), ("train-predictor", predictor),
      ("train-refiner", refiner), ("train-features", features), ("sample", sample),
      ("compare", compare), ("evaluate", EvaluateConfiguration()), ("likelihood", likelihood),
      ("curvature", curvature), ("ablate", ablation),
    ] + tasks
  }

  /// Without, where that shows other keys or values.
  static var plain: [Item] {
    var compare = CompareConfiguration()
    compare.sampling.variants = [("NAME", ComparedPlan())]
    compare.evaluation = ComparisonEvaluationOptions()
    var ablation = AblationConfiguration()
    ablation.studies = [("NAME", StudyConfiguration())]
    return [
      ("train-vae", TrainVAEConfiguration()), ("encode", EncodeConfiguration()),
      ("train-predictor", TrainPredictorConfiguration()),
      ("train-refiner", TrainRefinerConfiguration()),
      ("train-features", TrainFeaturesConfiguration()),
      ("likelihood", LikelihoodConfiguration()), ("compare", compare), ("ablate", ablation),
    ]
  }

  private static let commands = filled.map { $0.command }

  private static var tasks: [Item] {
    var (edit, inpaint) = (EditConfiguration(), InpaintConfiguration())
    var (invert, interpolate) = (InvertConfiguration(), InterpolateConfiguration())
    edit.task.refiner = NetworkReference()
    inpaint.task.refiner = NetworkReference()
    invert.task.refiner = NetworkReference()
    interpolate.task.refiner = NetworkReference()
    return [
      ("edit", edit), ("inpaint", inpaint), ("invert", invert), ("interpolate", interpolate),
    ]
  }

  private static var images: ImageSetOptions {
    var images = ImageSetOptions()
    images.render = RenderedSetOptions()
    return images
  }

  private static var encoding: EncodingOptions {
    var encoding = EncodingOptions()
    encoding.images = images
    return encoding
  }

  private static var latents: LatentSetOptions {
    var latents = LatentSetOptions()
    latents.encode = encoding
    return latents
  }

  /// Whether the table of docs/configuration.md under `heading` is about `section`: it names the
  /// section and either no command or this one.
  static func concerns(_ heading: String, command: String, section: String) -> Bool {
    guard !section.isEmpty else {
      return heading == "All files" || heading == "The top of `\(command)`"
    }
    let words = heading.quotedWords
    let named = heading.contains(" of `") ? words.filter(commands.contains) : []
    return words.contains(section)
      && (named.isEmpty || named.contains(command) || section.contains("."))
  }

  /// The keys that hold values in canonical YAML, with their path and value.
  static func keys(_ schema: some ConfigurationSchema) throws -> [(path: String, value: String)] {
    var path: [String] = []
    return try ResolvedConfiguration(schema).yaml.split(separator: "\n").compactMap { line in
      let indentation = line.prefix { $0 == " " }.count
      let parts = line.dropFirst(indentation).split(separator: ":", maxSplits: 1)
      path = Array(path.prefix(indentation / 2)) + [String(parts[0])]
      let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
      guard !value.isEmpty, value != "{}" else { return nil }
      return (path.joined(separator: "."), String(value))
    }
  }
}
