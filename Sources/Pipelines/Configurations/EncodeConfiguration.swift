import Configuration

/// `flowturbo encode --config encode.yaml`
public struct EncodeConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// A file ending in `.h5`, or the folder that gets `latents.h5`.
  public var output = ""
  public var encode = EncodingOptions()

  public init() {}

  /// The HDF5 file.
  public var latents: String { output.hasSuffix(".h5") ? output : "\(output)/latents.h5" }

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.section("encode", &encode)
  }
}
