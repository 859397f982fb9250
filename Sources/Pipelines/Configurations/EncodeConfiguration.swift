import Configuration

/// `flowturbo encode --config encode.yaml`
public struct EncodeConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The folder that gets `latents.h5`.
  public var output = ""
  public var encode = EncodingOptions()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.section("encode", &encode)
  }
}
