import TensorGraph

/// How the fixtures of a kind are computed here. A new kind is a type of its own and a
/// line in ``FixtureKinds``.
protocol FixtureCheck: SendableMetatype {
  /// Whether fixtures of this kind store a tensor of this name as an input.
  static func isInput(_ name: String) -> Bool

  /// Whether there always is something to check beside tensors, so that a fixture may hold
  /// inputs alone.
  static var checksMore: Bool { get }

  /// The largest root mean square of a tensor's differences, over that of its values, where
  /// networks multiply in bfloat16; nil where none runs.
  static var bfloat16Tolerance: Double? { get }

  /// The tensor whose size says how exact the one called `name` can be in bfloat16: itself, but
  /// for sums whose terms cancel.
  static func bfloat16Scale(_ name: String) -> String

  /// Reads the settings.
  init(_ fixture: Fixture, executor: any Executor) throws

  /// Computes the results `names`, leaving out what it does not know.
  func outputs(_ names: [String]) throws -> [String: ComputedTensor]

  /// Checks of what is not a tensor.
  func otherResults() throws -> [CheckResult]
}

extension FixtureCheck {
  static var checksMore: Bool { false }
  static var bfloat16Tolerance: Double? { nil }
  static func bfloat16Scale(_ name: String) -> String { name }

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
