import Configuration
import PipelinesTestSupport

@testable import Ablation

/// A sweep of networks of some thousand weights: two studies that share steps.
struct TinySweep {
  let models: TinyModels
  let root: String

  init(in folder: String) throws {
    models = try TinyModels(in: folder)
    root = "\(folder)/sweep"
  }

  /// - Parameter studies: YAML of the section, indented.
  func configuration(_ studies: String = Self.studies, overrides: [String] = []) throws
    -> AblationConfiguration
  {
    try ConfigurationFile(text: text(studies), name: "ablation.yaml", overrides: overrides)
      .decode(AblationConfiguration.self)
  }

  static let studies = """
      orders:
        title: Orders
        baseline: H1P1R1
        seeds: [0, 1]
        timed: true
        grid:
          sample.sampling.plan: [H1P1R1, H2]
      guidance:
        title: Guidance
        seeds: [0]
        set:
          sample.sampling.plan: H2
        cells:
          none: {sample.sampling.guidance: 1.0}
          some: {sample.sampling.guidance: 1.5}
    """

  func text(_ studies: String = Self.studies) -> String {
    """
    output: \(root)
    base:
      refiner: given
      sample:
        predictor: {weights: \(models.predictor)}
        refiner: {weights: \(models.refiner)}
        vae: {weights: \(models.vae)}
        sampling: {plan: H1, count: 8, batch: 4, guidance: 1.5, labels: balanced}
      evaluate:
        evaluate:
          protocol: features
          weights: \(models.features)
          metrics: [fid, precision]
          bootstrap: 4
    reference: {perClass: 2, size: 8, seed: 1}
    timing: {rounds: 3, batch: 2}
    studies:
    \(studies)
    """
  }
}
