import Sampling
import Configuration
import Diagnostics
import Pipelines

/// Where weights come from.
public enum WeightSource: String, Sendable, CaseIterable, ConfigurationValue {
  /// From the file that the configuration names.
  case given
  /// From a training that is part of the sweep.
  case trained
}

/// Everything that determines one cell: `base` of an ablation with the cell's changes.
public struct CellConfiguration: Sendable, ConfigurationSchema {
  /// The refiner of plans with R: that of `sample.refiner`, or of `train-refiner`.
  public var refiner = WeightSource.trained
  /// What decodes: `sample.vae`, or the decoder that `train-vae` makes of it.
  public var vae = WeightSource.given
  public var trainRefiner: TrainRefinerConfiguration?
  public var trainVAE: TrainVAEConfiguration?
  public var sample = SampleConfiguration()
  public var evaluate = EvaluateConfiguration()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("refiner", &refiner)
    try table.optional("vae", &vae)
    try table.section("train-refiner", &trainRefiner)
    try table.section("train-vae", &trainVAE)
    try table.section("sample", &sample)
    try table.section("evaluate", &evaluate)
  }

  public func validate() throws {
    if sample.sampling.plan.usesRefiner {
      switch refiner {
      case .trained:
        guard trainRefiner != nil else {
          throw InvalidField(
            "refiner", expected: "given, or train-refiner for the plan \(sample.sampling.plan)",
            found: "trained")
        }
      case .given:
        guard sample.refiner?.weights != Self.placeholder else {
          throw InvalidField(
            "refiner", expected: "trained, or sample.refiner.weights", found: "given")
        }
      }
    }
    if vae == .trained, trainVAE == nil {
      throw InvalidField("vae", expected: "given, or train-vae", found: "trained")
    }
  }

  /// Stands where the sweep puts a path of its own.
  static let placeholder = "made by the sweep"

  /// Keys that the sweep sets, and those that it sets where they are left out.
  private static let own = [
    "train-refiner.output", "train-vae.output", "sample.output", "evaluate.output",
    "evaluate.evaluate.samples",
  ]

  /// Decodes a cell.
  /// - Throws: `InputError` naming the place and the nearest name of a key that is wrong.
  init(_ base: OpenSection, changes: [(key: String, value: OpenValue)], seed: Int, retrain: Bool)
    throws
  {
    var section = base
    for (key, value) in changes { section = try section.setting(key, to: value) }
    for key in Self.own where section.holds(key) {
      throw InputError(
        "base.\(key)", expected: "no value", found: "one",
        remedy: "leave it out: the sweep chooses its own folders")
    }
    let place = "the sweep's own keys"
    let path = try OpenValue(yaml: "\"\(Self.placeholder)\"", place: place)
    func fill(_ keys: [String]) throws {
      for key in keys where !section.holds(key) { section = try section.setting(key, to: path) }
    }
    try fill(["sample.output", "evaluate.evaluate.samples", "evaluate.evaluate.reference"])
    try fill(["sample.refiner.weights"])
    if section.holdsSection("train-refiner") {
      try fill(["train-refiner.output", "train-refiner.data.latents"])
      if section.holdsSection("train-refiner.data.encode.render") {
        try fill(["train-refiner.data.encode.images"])
      }
    }
    if section.holdsSection("train-vae") {
      try fill(["train-vae.output"])
      if section.holdsSection("train-vae.data.render") { try fill(["train-vae.data.images"]) }
    }
    let number = try OpenValue(yaml: "\(seed)", place: place)
    section = try section.setting("sample.seed", to: number)
    if retrain, section.holdsSection("train-refiner") {
      section = try section.setting("train-refiner.seed", to: number)
    }
    self = try section.decode()
  }

  /// Every key with its value as canonical text.
  func settings() throws -> [String: String] {
    var settings: [String: String] = [:]
    var path: [String] = []
    for line in try ResolvedConfiguration(self).yaml.split(separator: "\n") {
      let indentation = line.prefix { $0 == " " }.count
      let parts = line.dropFirst(indentation).split(separator: ":", maxSplits: 1)
      path = Array(path.prefix(indentation / 2)) + [String(parts[0])]
      let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
      guard !value.isEmpty else { continue }
      settings[path.joined(separator: ".")] =
        value.hasPrefix("\"") && value.hasSuffix("\"")
          && value.count > 1 ? String(value.dropFirst().dropLast()) : String(value)
    }
    return settings
  }
}
