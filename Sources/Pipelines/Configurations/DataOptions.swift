import Configuration
import Diagnostics
import ModelFiles

/// A set of rendered solids, made when a configuration's images are missing.
public struct RenderedSetOptions: Sendable, Equatable, ConfigurationSchema {
  /// Images per class.
  public var perClass = 1500
  /// Side of the images in pixels.
  public var size = 64
  public var seed: UInt64 = 0
  /// JPEG quality.
  public var quality = 95

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("perClass", &perClass, in: .range(1...10_000_000))
    try table.optional("size", &size, in: .range(8...4096))
    try table.optional("seed", &seed)
    try table.optional("quality", &quality, in: .range(1...100))
  }
}

/// A folder of images, one folder per class inside.
public struct ImageSetOptions: Sendable, Equatable, ConfigurationSchema {
  public var images = ""
  /// Side in pixels that images are cropped and resized to.
  public var size = 256
  /// Threads that decode; nil for as many as compute.
  public var workers: Int?
  /// Whether one broken image is an error.
  public var strict = false
  /// The share of broken images above which the set is refused.
  public var maxBroken = 0.01
  /// What to render when `images` is missing; nil makes that an error.
  public var render: RenderedSetOptions?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("images", &images, in: .notEmpty)
    try table.optional("size", &size, in: .range(8...4096))
    try table.optional("workers", &workers, in: .range(1...256))
    try table.optional("strict", &strict)
    try table.optional("maxBroken", &maxBroken, in: .range(0...1))
    try table.section("render", &render)
  }
}

/// How images become latents.
public struct EncodingOptions: Sendable, Equatable, ConfigurationSchema {
  public var images = ImageSetOptions()
  public var vae = AutoencoderReference()
  /// Images per batch; part of what the bytes of the result depend on.
  public var batch = 16

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try images.fields(table)
    try table.section("vae", &vae)
    try table.optional("batch", &batch, in: .range(1...4096))
  }
}

/// A file of latents, and how to make it when it is missing.
public struct LatentSetOptions: Sendable, Equatable, ConfigurationSchema {
  /// The HDF5 file.
  public var latents = ""
  /// nil makes a missing file an error.
  public var encode: EncodingOptions?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("latents", &latents, in: .notEmpty)
    try table.section("encode", &encode)
  }
}

/// The weights of a trained SiT or refiner.
public struct NetworkReference: Sendable, Equatable, ConfigurationSchema {
  /// A file of any format that `TensorFiles` opens.
  public var weights = ""
  /// The set of weights to take; nil takes averages where the file has some.
  public var use: WeightChoice?
  /// What the file must be, or cannot say; nil believes the file.
  public var model: StatedNetwork?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("weights", &weights, in: .notEmpty)
    try table.optional("use", &use)
    try table.section("model", &model)
  }
}

/// The weights of a trained autoencoder.
public struct AutoencoderReference: Sendable, Equatable, ConfigurationSchema {
  /// A file of any format that `TensorFiles` opens, or a folder of diffusers.
  public var weights = ""
  /// The set of weights to take; nil takes averages where the file has some.
  public var use: WeightChoice?
  /// What the file must be, or cannot say; nil believes the file.
  public var autoencoder: StatedAutoencoder?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("weights", &weights, in: .notEmpty)
    try table.optional("use", &use)
    try table.section("autoencoder", &autoencoder)
  }
}
