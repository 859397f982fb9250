import CPUExecutor
import Configuration
import Diagnostics
import Sampling

/// `flowturbo sample --config sample.yaml`
public struct SampleConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The run's folder.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the networks multiply in.
  public var precision = PrecisionChoice.float32
  public var predictor = NetworkReference()
  /// Needed by plans with R.
  public var refiner: NetworkReference?
  public var vae = AutoencoderReference()
  public var sampling = SamplingOptions()
  public var write = SampleOutputs()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("predictor", &predictor)
    try table.section("refiner", &refiner)
    try table.section("vae", &vae)
    try table.section("sampling", &sampling)
    try table.section("write", &write)
  }

  public func validate() throws {
    guard refiner != nil || !sampling.plan.usesRefiner else {
      throw InvalidField(
        "sampling.plan", expected: "a plan without R, or refiner.weights",
        found: "\(sampling.plan)")
    }
  }
}

/// The files that sampling writes.
public struct SampleOutputs: Sendable, Equatable, ConfigurationSchema {
  /// Numbered PNGs, one per sample.
  public var png = true
  /// One PNG of all samples.
  public var grid = true
  /// The latents as safetensors.
  public var latents = false
  /// All images as `arr_0` in one npz, which the ADM evaluator reads.
  public var npz = false

  public init() {}

  /// Images are written as PNGs first, and the npz and the grid are made of these.
  var needsImages: Bool { png || grid || npz }

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("png", &png)
    try table.optional("grid", &grid)
    try table.optional("latents", &latents)
    try table.optional("npz", &npz)
  }

  public func validate() throws {
    guard png || grid || latents || npz else {
      throw InvalidField("png", expected: "something to write", found: "all of it off")
    }
  }
}

extension SamplingOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("plan", &plan)
    try table.required("count", &count, in: .range(1...100_000_000))
    try table.optional("batch", &batch, in: .range(1...65_536))
    try table.optional("guidance", &guidance, in: .range(0...1000))
    try table.optional("guidanceChannels", &guidanceChannels)
    try table.optional("labels", &labels)
    try table.optional("indices", &indices)
    try table.optional("refinerVariant", &refinerVariant)
    try table.optional("compilation", &compilation)
    try solver.fields(table)
  }
}

extension SolverSettings: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("times", &times)
    try table.optional("atol", &absoluteTolerance, in: .range(1e-12...1))
    try table.optional("rtol", &relativeTolerance, in: .range(0...1))
    try table.section("adaptive", &adaptive)
    try table.section("sde", &diffusion)
  }
}

extension AdaptiveOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("per", &per)
    try table.optional("c", &c, in: .range(Self.constants))
    try table.optional("smallest", &smallest, in: .range(Self.lengths))
    try table.optional("largest", &largest, in: .range(Self.lengths))
    try table.optional("first", &first, in: .range(Self.lengths))
  }
}

extension DiffusionOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("diffusion", &form)
    try table.optional("norm", &norm, in: .range(0...100))
    try table.optional("lastStep", &lastStep)
    try table.optional("lastStepSize", &lastStepSize, in: .range(0.0001...0.5))
  }
}
