import CPUExecutor
import Models
import ReferenceExecutor
import TensorGraph

/// The executors that must agree with the fixtures.
enum TestedExecutor: String {
  /// Of every fixture.
  case cpu
  /// Of the smallest: minutes on the others.
  case reference

  var executor: any Executor {
    switch self {
    case .cpu: CPUExecutor()
    case .reference: ReferenceExecutor<Float>()
    }
  }
}

/// A SiT as the fixtures describe it; what they leave out has the official default.
struct NetworkDescription: Decodable {
  let depth: Int
  let hiddenSize: Int
  let inChannels: Int
  let inChannelsScale: Int?
  let inputSize: Int
  let learnSigma: Bool?
  let numClasses: Int
  let numHeads: Int
  let patchSize: Int

  var configuration: SiTConfiguration {
    var result = SiTConfiguration()
    result.depth = depth
    result.hiddenSize = hiddenSize
    result.inChannels = inChannels
    result.velocityInput = inChannelsScale == 2
    result.inputSize = inputSize
    result.learnSigma = learnSigma ?? true
    result.classes = numClasses
    result.heads = numHeads
    result.patchSize = patchSize
    return result
  }
}

struct AutoencoderDescription: Decodable {
  let blockOutChannels: [Int]
  let latentChannels: Int
  let layersPerBlock: Int
  let normNumGroups: Int

  var configuration: AutoencoderConfiguration {
    var result = AutoencoderConfiguration()
    result.channels = blockOutChannels
    result.latentChannels = latentChannels
    result.layersPerBlock = layersPerBlock
    result.normGroups = normNumGroups
    return result
  }
}
