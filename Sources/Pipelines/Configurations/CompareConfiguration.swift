import CPUExecutor
import Configuration
import Diagnostics
import Sampling

/// `flowturbo compare --config compare.yaml`
public struct CompareConfiguration: Sendable, ConfigurationSchema {
  /// The folder for grids and `comparison.json`.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the networks multiply in.
  public var precision = PrecisionChoice.float32
  public var predictor = NetworkReference()
  /// Plans with R are run with each.
  public var refiners: [(name: String, value: ComparedRefiner)] = []
  public var vae = AutoencoderReference()
  public var sampling = ComparisonOptions()
  /// How samples of the plans are evaluated; nil does not.
  public var evaluation: ComparisonEvaluationOptions?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("predictor", &predictor)
    try table.sections("refiners", &refiners)
    try table.section("vae", &vae)
    try table.section("sampling", &sampling)
    try table.section("evaluation", &evaluation)
  }

  public func validate() throws {
    let plans = sampling.plans + sampling.variants.map(\.value.plan)
    if refiners.isEmpty, let plan = plans.first(where: \.usesRefiner) {
      throw InvalidField(
        "sampling.plans", expected: "plans without R, or refiners", found: "\(plan)")
    }
  }
}

/// A refiner that may not be there yet.
public struct ComparedRefiner: Sendable, Equatable, ConfigurationSchema {
  public var network = NetworkReference()
  /// Whether a missing file is left out, which is said, rather than an error.
  public var optional = false

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try network.fields(table)
    try table.optional("optional", &optional)
  }
}

/// Which plans are compared, on which samples.
public struct ComparisonOptions: Sendable, ConfigurationSchema {
  public var plans: [SamplingPlan] = []
  /// More plans, with settings of their own.
  public var variants: [(name: String, value: ComparedPlan)] = []
  /// What counts as the solution: its latents are what the others' are measured against.
  public var reference = SamplingPlan.solver(.heun, steps: 100)
  /// One row of a grid per class: `balanced` for all, or a list.
  public var labels = LabelPolicy.balanced
  /// Columns of a grid.
  public var perClass = 4
  public var batch = 10
  public var guidance = 1.5
  public var guidanceChannels = GuidanceChannels.firstThree
  public var refinerVariant = RefinerVariant.block
  public var solver = SolverSettings()
  /// Timed batches of each plan at least; the median is reported.
  public var rounds = 5

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.list("plans", &plans, count: 1...Self.maximumPlans)
    try table.sections("variants", &variants)
    try table.optional("reference", &reference)
    try table.optional("labels", &labels)
    try table.optional("perClass", &perClass, in: .range(1...64))
    try table.optional("batch", &batch, in: .range(1...65_536))
    try table.optional("guidance", &guidance, in: .range(0...1000))
    try table.optional("guidanceChannels", &guidanceChannels)
    try table.optional("refinerVariant", &refinerVariant)
    try solver.fields(table)
    try table.optional("rounds", &rounds, in: .range(1...1000))
  }

  /// Rows of a grid.
  static let maximumClasses = 100
  static let maximumPlans = 128

  public func validate() throws {
    guard !plans.isEmpty else {
      throw InvalidField("plans", expected: "at least one plan", found: "none")
    }
    for plan in plans + [reference] { try plan.validate(solver) }
    guard variants.count <= Self.maximumPlans else {
      throw InvalidField(
        "variants", expected: "at most \(Self.maximumPlans)", found: "\(variants.count)")
    }
    for (name, variant) in variants {
      do {
        try variant.plan.validate(variant.settings(over: solver))
      } catch let error as InvalidField {
        throw InvalidField(
          "variants.\(name).\(error.field)", expected: error.expected, found: error.found)
      }
    }
    guard !reference.usesRefiner else {
      throw InvalidField("reference", expected: "a plan without R", found: "\(reference)")
    }
    switch labels {
    case .random:
      throw InvalidField("labels", expected: "balanced or a list of classes", found: "random")
    case .classes(let classes) where Set(classes).count != classes.count:
      throw InvalidField("labels", expected: "each class once", found: "\(labels)")
    case .classes, .balanced: break
    }
  }
}

/// A plan with settings of its own.
public struct ComparedPlan: Sendable, Equatable, ConfigurationSchema {
  public var plan = SamplingPlan.blocks([.heun])
  // Nil is as for the other plans.
  public var times: TimeSpacing?
  public var absoluteTolerance: Double?
  public var relativeTolerance: Double?
  public var adaptive: AdaptiveOptions?
  public var diffusion: DiffusionOptions?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("plan", &plan)
    try table.optional("times", &times)
    try table.optional("atol", &absoluteTolerance, in: .range(1e-12...1))
    try table.optional("rtol", &relativeTolerance, in: .range(0...1))
    try table.section("adaptive", &adaptive)
    try table.section("sde", &diffusion)
  }

  func settings(over others: SolverSettings) -> SolverSettings {
    var settings = others
    settings.times = times ?? others.times
    settings.absoluteTolerance = absoluteTolerance ?? others.absoluteTolerance
    settings.relativeTolerance = relativeTolerance ?? others.relativeTolerance
    settings.adaptive = adaptive ?? others.adaptive
    settings.diffusion = diffusion ?? others.diffusion
    return settings
  }
}

/// How far the samples of each plan are from images, by a feature network.
public struct ComparisonEvaluationOptions: Sendable, Equatable, ConfigurationSchema {
  /// Of a feature network, as `flowturbo train-features` writes.
  public var weights = ""
  /// The folder of images that samples are compared with.
  public var images = ""
  /// What to render when `images` is missing; nil makes that an error.
  public var render: RenderedSetOptions?
  /// Samples of each plan.
  public var count = 300
  /// Resamples of the samples for the standard error of FID; 0 for none.
  public var bootstrap = 200
  /// The folder of computed features.
  public var cache = "runs/features-cache"

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("weights", &weights, in: .notEmpty)
    try table.required("images", &images, in: .notEmpty)
    try table.section("render", &render)
    try table.optional("count", &count, in: .range(4...100_000))
    try table.optional("bootstrap", &bootstrap, in: .range(0...100_000))
    try table.optional("cache", &cache, in: .notEmpty)
  }

  public func validate() throws {
    guard bootstrap != 1 else {
      throw InvalidField("bootstrap", expected: "0, or 2 resamples and more", found: "1")
    }
  }
}
