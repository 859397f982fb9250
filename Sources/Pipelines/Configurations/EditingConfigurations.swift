import Configuration
import Diagnostics
import ModelFiles
import Sampling

/// The configuration of a task on images or noise.
public protocol TaskConfiguration: ConfigurationSchema {
  var task: TaskOptions { get set }
}

/// The section of a task that changes images: what becomes of them.
public protocol ChangeOptions: Sendable, Equatable, ConfigurationSchema {
  /// The section's key: the command's name.
  static var key: String { get }
  /// Whether latents are changed between the steps of a plan.
  static var changesSteps: Bool { get }
  /// How much of the path is passed: 0 leaves the image, 1 all of it to the noise.
  var strength: Double { get }
}

extension ChangeOptions {
  func span() throws -> TimeSpan { try TimeSpan(from: 1 - strength, to: 1) }
}

/// `flowturbo edit --config edit.yaml`
public typealias EditConfiguration = ChangeConfiguration<EditOptions>

/// `flowturbo inpaint --config inpaint.yaml`
public typealias InpaintConfiguration = ChangeConfiguration<InpaintOptions>

/// Of tasks that change images.
public struct ChangeConfiguration<Options: ChangeOptions>: Sendable, Equatable, TaskConfiguration {
  public var task = TaskOptions()
  public var input = TaskInputOptions()
  public var sampling = TaskSamplingOptions()
  public var change = Options()
  public var write = SampleOutputs()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try task.fields(table)
    try table.section("input", &input)
    try table.section("sampling", &sampling)
    try table.section(Options.key, &change)
    try table.section("write", &write)
  }

  public func validate() throws {
    try task.validate(sampling, over: change.span(), isChanged: Options.changesSteps)
  }
}

public struct EditOptions: ChangeOptions {
  public static let key = "edit"
  public static let changesSteps = false

  public var strength = 0.6
  /// A file of noise to start from, a row for each image; nil draws it.
  public var noise: String?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("strength", &strength, in: .range(0...1))
    try table.optional("noise", &noise, in: .notEmpty)
  }
}

public struct InpaintOptions: ChangeOptions {
  public static let key = "inpaint"
  public static let changesSteps = true

  /// White where an image is to be painted; one for all images, or one for each.
  public var masks: [String] = []
  /// How often each step is run, with a way back in between.
  public var rounds = 1
  /// Pixels inside the painted part over which its colours are joined to those at its border;
  /// nil for the side of a latent in pixels.
  public var feather: Double?
  /// As of `edit`, of the painted part.
  public var strength = 1.0
  /// As of `edit`.
  public var noise: String?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.list(
      "masks", &masks, in: .notEmpty, count: 0...TaskInputOptions.maximumEntries)
    try table.optional("rounds", &rounds, in: .range(1...1000))
    try table.optional("feather", &feather, in: .range(0...256))
    try table.optional("strength", &strength, in: .range(0...1))
    try table.optional("noise", &noise, in: .notEmpty)
  }

  public func validate() throws {
    guard !masks.isEmpty else {
      throw InvalidField(
        "masks", expected: "a list of mask files and folders", found: "an empty one")
    }
  }
}

/// `flowturbo invert --config invert.yaml`
public struct InvertConfiguration: Sendable, Equatable, TaskConfiguration {
  public var task = TaskOptions()
  public var input = TaskInputOptions()
  public var sampling = TaskSamplingOptions()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try task.fields(table)
    try table.section("input", &input)
    try table.section("sampling", &sampling)
  }

  public func validate() throws { try task.validate(sampling, over: .backward) }
}

/// `flowturbo interpolate --config interpolate.yaml`
public struct InterpolateConfiguration: Sendable, Equatable, TaskConfiguration {
  public var task = TaskOptions()
  public var sampling = TaskSamplingOptions()
  public var interpolate = InterpolateOptions()
  public var write = SampleOutputs()

  public init() { sampling.takesLabels = false }

  public mutating func fields(_ table: ConfigurationFields) throws {
    try task.fields(table)
    try table.section("sampling", &sampling)
    try table.section("interpolate", &interpolate)
    try table.section("write", &write)
  }

  public func validate() throws { try task.validate(sampling, over: .whole) }
}

public struct InterpolateOptions: Sendable, Equatable, ConfigurationSchema {
  public var from = NoiseReference()
  public var to = NoiseReference()
  /// Pictures, both ends among them.
  public var frames = 8

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.section("from", &from)
    try table.section("to", &to)
    try table.optional("frames", &frames, in: .range(2...256))
  }
}

/// The noise and the class of one end.
public struct NoiseReference: Sendable, Equatable, ConfigurationSchema {
  /// A file that `invert` has written; nil draws the noise of a sample.
  public var noise: String?
  /// The row of the file, or the sample's index.
  public var index = 0
  /// Of the sample; nil for the configuration's.
  public var seed: UInt64?
  public var label = ClassReference.none

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("noise", &noise, in: .notEmpty)
    try table.optional("index", &index, in: .range(0...1_000_000_000))
    try table.optional("seed", &seed)
    try table.required("label", &label)
  }

  public func validate() throws {
    guard noise == nil || seed == nil else {
      throw InvalidField("seed", expected: "no seed beside a file of noise", found: "\(seed ?? 0)")
    }
  }
}
