import TensorGraph

/// How the fixtures of a kind are computed here. A new kind is a type of its own and a
/// line in ``FixtureKinds``.
protocol FixtureCheck: SendableMetatype {
  /// Whether fixtures of this kind store a tensor of this name as an input.
  static func isInput(_ name: String) -> Bool

  /// Whether there always is something to check beside tensors, so that a fixture may hold
  /// inputs alone.
  static var checksMore: Bool { get }

  /// Reads the settings.
  init(_ fixture: Fixture, executor: any Executor) throws

  /// Computes the results `names`, leaving out what it does not know.
  func outputs(_ names: [String]) throws -> [String: ComputedTensor]

  /// Checks of what is not a tensor.
  func otherResults() throws -> [CheckResult]
}

extension FixtureCheck {
  static var checksMore: Bool { false }

  func otherResults() -> [CheckResult] { [] }
}

enum FixtureKinds {
  /// By the metadata's `kind`.
  static let all: [String: any FixtureCheck.Type] = [
    "formula": FormulaCheck.self,
    "sit": NetworkCheck.self,
    "full_size": NetworkCheck.self,
    "sampling": SamplingCheck.self,
    "solvers": SolversCheck.self,
    "train_predictor": PredictorTrainingCheck.self,
    "train_refiner": RefinerTrainingCheck.self,
    "vae": AutoencoderCheck.self,
    "vae_train": AutoencoderCheck.self,
    "inception": InceptionCheck.self,
    "center_crop": ImageCheck.self,
    "image_decode": ImageCheck.self,
    "resample": ResamplingCheck.self,
    "formats": FormatsCheck.self,
    "metrics": MetricsCheck.self,
  ]
}
