import Configuration
import Models

/// What a configuration says of the network in a file: of keys that are left out, the file
/// decides; the others must agree with it, or give what no shape shows.
public struct StatedNetwork: Sendable, Equatable, ConfigurationSchema {
  public var inputSize: Int?
  public var patchSize: Int?
  public var inChannels: Int?
  public var hiddenSize: Int?
  public var depth: Int?
  public var heads: Int?
  public var mlpRatio: Double?
  public var classes: Int?
  public var learnSigma: Bool?
  public var frequencyEmbeddingSize: Int?
  public var velocityInput: Bool?
  public var objective: PredictionObjective?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.shorthand("size", String.self) {
      let named = try SiTConfiguration(named: $0)
      (hiddenSize, depth, heads) = (named.hiddenSize, named.depth, named.heads)
      patchSize = named.patchSize
    }
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

  /// Where `found`, the file's shape, is another than stated.
  func disagreements(with found: SiTConfiguration) -> [String] {
    var list = DisagreementList()
    list.compare("inputSize", inputSize, found.inputSize)
    list.compare("patchSize", patchSize, found.patchSize)
    list.compare("inChannels", inChannels, found.inChannels)
    list.compare("hiddenSize", hiddenSize, found.hiddenSize)
    list.compare("depth", depth, found.depth)
    list.compare("heads", heads, found.heads)
    list.compare("mlpRatio", mlpRatio, found.mlpRatio)
    list.compare("classes", classes, found.classes)
    list.compare("learnSigma", learnSigma, found.learnSigma)
    list.compare(
      "frequencyEmbeddingSize", frequencyEmbeddingSize, found.frequencyEmbeddingSize)
    list.compare("velocityInput", velocityInput, found.velocityInput)
    list.compare("objective", objective, found.objective)
    return list.texts
  }
}

/// What a configuration says of the autoencoder in a file, as ``StatedNetwork``.
public struct StatedAutoencoder: Sendable, Equatable, ConfigurationSchema {
  public var channels: [Int] = []
  public var layersPerBlock: Int?
  public var normGroups: Int?
  public var latentChannels: Int?
  public var inChannels: Int?
  public var outChannels: Int?
  public var scalingFactor: Double?

  public init() {}

  /// Everything, as `configuration` has it.
  public init(_ configuration: AutoencoderConfiguration) {
    channels = configuration.channels
    layersPerBlock = configuration.layersPerBlock
    normGroups = configuration.normGroups
    latentChannels = configuration.latentChannels
    inChannels = configuration.inChannels
    outChannels = configuration.outChannels
    scalingFactor = configuration.scalingFactor
  }

  public mutating func fields(_ table: ConfigurationFields) throws {
    // Empty where it is left out.
    try table.list("channels", &channels, count: 0...8)
    try table.optional("layersPerBlock", &layersPerBlock)
    try table.optional("normGroups", &normGroups)
    try table.optional("latentChannels", &latentChannels)
    try table.optional("inChannels", &inChannels)
    try table.optional("outChannels", &outChannels)
    try table.optional("scalingFactor", &scalingFactor)
  }

  /// As ``StatedNetwork/disagreements(with:)``.
  func disagreements(with found: AutoencoderConfiguration) -> [String] {
    var list = DisagreementList()
    list.compare("channels", channels.isEmpty ? nil : channels, found.channels)
    list.compare("layersPerBlock", layersPerBlock, found.layersPerBlock)
    list.compare("normGroups", normGroups, found.normGroups)
    list.compare("latentChannels", latentChannels, found.latentChannels)
    list.compare("inChannels", inChannels, found.inChannels)
    list.compare("outChannels", outChannels, found.outChannels)
    list.compare("scalingFactor", scalingFactor, found.scalingFactor)
    return list.texts
  }
}

struct DisagreementList {
  private(set) var texts: [String] = []

  mutating func compare<Value: Equatable>(_ key: String, _ stated: Value?, _ found: Value) {
    guard let stated, stated != found else { return }
    texts.append("\(key) \(stated) as configured, found \(found)")
  }
}
