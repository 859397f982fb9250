import Configuration
import Models

// Ranges stand in each `validate()`, for users of the structs alone.

extension PredictionObjective: ConfigurationValue {}

extension SiTConfiguration: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    // Presets width, depth, heads and patch; the keys below may then change them.
    try table.shorthand("size", String.self) { self = try SiTConfiguration(named: $0) }
    try table.optional("inputSize", &inputSize)
    try table.optional("patchSize", &patchSize)
    try table.optional("inChannels", &inChannels)
    try table.optional("hiddenSize", &hiddenSize)
    try table.optional("depth", &depth)
    try table.optional("heads", &heads)
    try table.optional("mlpRatio", &mlpRatio)
    try table.optional("classes", &classes)
    try table.optional("learnSigma", &learnSigma)
    try table.optional("frequencyEmbeddingSize", &frequencyEmbeddingSize)
    try table.optional("velocityInput", &velocityInput)
    try table.optional("objective", &objective)
  }
}

extension RefinerConfiguration: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("depth", &depth, in: .range(1...1024))
    try table.optional("hiddenSize", &hiddenSize, in: .range(4...65_536))
    try table.optional("heads", &heads, in: .range(1...1024))
  }
}

extension FeatureNetworkConfiguration: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("name", &name)
    try table.optional("imageSize", &imageSize)
    try table.list("widths", &widths, count: 3...8)
    try table.optional("normGroups", &normGroups)
    try table.optional("featureWidth", &featureWidth)
    try table.optional("spatialChannels", &spatialChannels)
    try table.optional("classes", &classes)
  }
}

extension AutoencoderConfiguration: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.list("channels", &channels, count: 1...8)
    try table.optional("layersPerBlock", &layersPerBlock)
    try table.optional("normGroups", &normGroups)
    try table.optional("latentChannels", &latentChannels)
    try table.optional("inChannels", &inChannels)
    try table.optional("outChannels", &outChannels)
    try table.optional("scalingFactor", &scalingFactor)
  }
}
