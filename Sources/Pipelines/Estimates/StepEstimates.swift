import CPUExecutor
import Foundation
import Imaging
import Models
import Sampling
import TensorGraph
import Training

/// What a part of a larger piece of work will take, from its shapes alone.
public struct WorkEstimate: Sendable, Equatable {
  public var multiplyAdds: Double
  /// Bytes on the disk, once it is done.
  public var disk: Int

  public init(multiplyAdds: Double, disk: Int) {
    self.multiplyAdds = multiplyAdds
    self.disk = disk
  }

  /// Multiply–adds per second that whole programs of this machine reach, about. Takes a third
  /// of a second.
  public static func machineRate(_ precision: PrecisionChoice) throws -> Double {
    try MachineRate.measure(precision.resolved()).multiplyAdds / 2
  }
}

extension TrainRefiner {
  /// What the training takes, and the network that it makes.
  public func work() throws -> (estimate: WorkEstimate, network: SiTConfiguration) {
    let teacher = try SiT(configuration.teacher.predictorConfiguration())
    let model = try VelocityRefiner(configuration.refiner.network(for: teacher.configuration))
    let estimate = TrainingEstimate(
      parameters: model.parameters, loss: VelocityOffsetLoss(teacher: teacher, refiner: model),
      options: configuration.training.options.common,
      precision: try configuration.precision.resolved(), frozen: teacher.parameters)
    let states = configuration.training.options.common.checkpoint.keep
    return (
      WorkEstimate(
        multiplyAdds: try estimate.multiplyAdds(),
        disk: Amounts.product(model.parameters.valueCount, 16 * states + 10)),
      model.configuration
    )
  }
}

extension TrainVAE {
  public func work() throws -> WorkEstimate {
    let options = configuration.training.options
    let model = try AutoencoderKL(configuration.autoencoder)
    let estimate = TrainingEstimate(
      parameters: options.decoderOnly ? AutoencoderLoss.decoderOnly(model) : model.parameters,
      loss: AutoencoderLoss(
        model, side: configuration.data.size,
        klWeight: options.decoderOnly ? 0 : options.klWeight),
      options: options.common, precision: try configuration.precision.resolved())
    return WorkEstimate(
      multiplyAdds: try estimate.multiplyAdds(),
      disk: Amounts.product(
        model.parameters.valueCount, 16 * options.common.checkpoint.keep + 10))
  }
}

extension Sample {
  /// What sampling takes, and decoding where images are written; no weights are read.
  /// - Parameter refinerNetwork: of a refiner that is not there yet; nil reads its file's shape.
  public func work(refinerNetwork: SiTConfiguration?) throws -> WorkEstimate {
    let options = configuration.sampling
    let predictor = try SiT(configuration.predictor.predictorConfiguration())
    let shape = predictor.configuration
    var refiner: VelocityRefiner?
    if options.plan.usesRefiner {
      if let refinerNetwork {
        refiner = try VelocityRefiner(refinerNetwork)
      } else if let reference = configuration.refiner {
        refiner = try VelocityRefiner(reference.refinerConfiguration())
      }
    }
    let vae = try AutoencoderKL(configuration.vae.autoencoderConfiguration())
    let sampler = try Sampler(
      executor: CPUExecutor(),
      field: VelocityField(
        predictor: predictor, refiner: refiner,
        guidance: Guidance(
          scale: options.guidance, channels: options.guidanceChannels,
          nullClass: shape.classes), inParts: options.compilation == .whole),
      predictorWeights: [:], plan: options.plan, variant: options.refinerVariant,
      settings: options.solver)
    let draws = SampleDraws(
      seed: configuration.seed, labels: options.labels, classes: shape.classes)
    let count = batches.indices.count
    let sampling: Double
    if options.plan.isAdaptive {
      // As many evaluations as the plan says, or else twenty.
      let evaluations = options.plan.evaluations(refinerVariant: options.refinerVariant)
      sampling =
        Double(count * (evaluations?.predictor ?? 20)) * (options.guidance == 1 ? 1 : 2)
        * shape.multiplyAdds
    } else {
      let work = try sampler.work(
        latentShape: [shape.inChannels, shape.inputSize, shape.inputSize],
        labels: draws.labels(0..<batches.size))
      sampling =
        work.nullModulations + Double(batches.count) * (work.classModulations + work.blocks)
    }
    let side = shape.inputSize * vae.configuration.downsampling
    guard configuration.write.needsImages else {
      return WorkEstimate(
        multiplyAdds: sampling,
        disk: 4 * shape.inChannels * shape.inputSize * shape.inputSize * count)
    }
    return WorkEstimate(
      multiplyAdds: sampling + Double(count) * (try vae.decodingWork(side: shape.inputSize)),
      disk: Amounts.product(3, side, side, count, configuration.write.npz ? 1 : 0)
        + Amounts.product(3, side, side, min(count, 160)) / 2)
  }
}

extension Evaluate {
  /// What the features of `count` images take.
  public func work(images count: Int) throws -> WorkEstimate {
    guard let path = options.weights else { return WorkEstimate(multiplyAdds: 0, disk: 0) }
    let weights = try ExtractorWeights(path)
    return WorkEstimate(
      multiplyAdds: Double(count) * (try weights.multiplyAdds()), disk: 600 * count)
  }
}

extension Encode {
  /// What encoding takes; 0 images where they are not there and are not to be rendered.
  public func work() throws -> WorkEstimate {
    let vae = try AutoencoderKL(options.vae.autoencoderConfiguration())
    let count = try imageCount()
    // Each image and its mirror image.
    return WorkEstimate(
      multiplyAdds: 2 * Double(count) * (try vae.encodingWork(side: options.images.size)),
      disk: Amounts.product(16, count, latentShape(vae.configuration).elementCount))
  }
}
