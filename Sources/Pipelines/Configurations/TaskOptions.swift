import CPUExecutor
import Configuration
import Diagnostics
import ModelFiles
import Sampling

/// What `edit`, `inpaint`, `invert` and `interpolate` have in common: networks and a plan.
public struct TaskOptions: Sendable, Equatable {
  /// The run's folder.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the networks multiply in.
  public var precision = PrecisionChoice.float32
  public var predictor = NetworkReference()
  /// Needed by plans with R.
  public var refiner: NetworkReference?
  public var vae = AutoencoderReference()

  public init() {}

  /// The keys at the top of the file.
  mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("predictor", &predictor)
    try table.section("refiner", &refiner)
    try table.section("vae", &vae)
  }

  /// Checks the plan against the networks and the part of the path that it passes.
  func validate(_ sampling: TaskSamplingOptions, over span: TimeSpan, isChanged: Bool = false)
    throws
  {
    guard refiner != nil || !sampling.plan.usesRefiner else {
      throw InvalidField(
        "sampling.plan", expected: "a plan without R, or refiner.weights",
        found: "\(sampling.plan)")
    }
    do {
      try sampling.plan.validate(sampling.solver, over: span, isChanged: isChanged)
    } catch let problem as InvalidField {
      throw InvalidField(
        "sampling.\(problem.field)", expected: problem.expected, found: problem.found)
    }
  }

  /// Another set of weights for the networks.
  public mutating func use(_ choice: WeightChoice) {
    predictor.use = choice
    refiner?.use = choice
  }

  /// The run as `sample` does it.
  func sample(_ sampling: TaskSamplingOptions, _ write: SampleOutputs, count: Int)
    -> SampleConfiguration
  {
    var sample = SampleConfiguration()
    (sample.output, sample.seed, sample.precision) = (output, seed, precision)
    (sample.predictor, sample.refiner, sample.vae) = (predictor, refiner, vae)
    (sample.sampling.plan, sample.sampling.batch) = (sampling.plan, sampling.batch)
    (sample.sampling.guidance, sample.sampling.count) = (sampling.guidance, count)
    sample.sampling.guidanceChannels = sampling.guidanceChannels
    sample.sampling.refinerVariant = sampling.refinerVariant
    sample.sampling.solver = sampling.solver
    sample.write = write
    return sample
  }
}

/// How tasks pass the path.
public struct TaskSamplingOptions: Sendable, Equatable, ConfigurationSchema {
  public var plan: SamplingPlan = .blocks([.heun])
  /// Images per batch; changes results by rounding only.
  public var batch = 8
  /// Scale of classifier-free guidance; 1 runs the conditional branch alone.
  public var guidance = 1.0
  public var guidanceChannels = GuidanceChannels.firstThree
  /// The classes of the images, where the task takes images.
  public var labels = TaskLabels.images
  /// Where names of classes stand; nil where they are not needed or the images' folders.
  public var classes: String?
  public var refinerVariant = RefinerVariant.block
  public var solver = SolverSettings()
  /// Whether `labels` is one of the keys.
  var takesLabels = true

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("plan", &plan)
    try table.optional("batch", &batch, in: .range(1...65_536))
    try table.optional("guidance", &guidance, in: .range(0...1000))
    try table.optional("guidanceChannels", &guidanceChannels)
    if takesLabels { try table.optional("labels", &labels) }
    try table.optional("classes", &classes, in: .notEmpty)
    try table.optional("refinerVariant", &refinerVariant)
    try solver.fields(table)
  }

  public func validate() throws { try plan.validate(solver) }
}

/// The images of a task.
public struct TaskInputOptions: Sendable, Equatable, ConfigurationSchema {
  /// Files, and folders whose images are taken in order.
  public var images: [String] = []

  /// More are refused.
  public static let maximumEntries = 100_000

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.list("images", &images, in: .notEmpty, count: 0...Self.maximumEntries)
  }

  public func validate() throws {
    guard !images.isEmpty else {
      throw InvalidField(
        "images", expected: "a list of image files and folders", found: "an empty one")
    }
  }
}
