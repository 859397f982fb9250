import CPUExecutor
import Configuration
import Foundation
import Imaging
import Models
import Solids
import TensorGraph
import Training

// Each says what a run would be and take, and does nothing else.

extension TrainVAE {
  public func dryRun() throws {
    let options = configuration.training.options
    let model = try AutoencoderKL(configuration.autoencoder)
    let side = configuration.data.size
    let estimate = try TrainingEstimate(
      parameters: options.decoderOnly ? AutoencoderLoss.decoderOnly(model) : model.parameters,
      loss: AutoencoderLoss(
        model, side: side, klWeight: options.decoderOnly ? 0 : options.klWeight),
      options: options.common, precision: configuration.precision.resolved(),
      rows: [
        [
          "multiply-adds to encode an image",
          Amounts.count(try model.encodingWork(side: side)),
        ],
        [
          "multiply-adds to decode an image",
          Amounts.count(
            try model.decodingWork(side: side / configuration.autoencoder.downsampling)),
        ],
      ])
    try reportDryRun(configuration, estimate.table(), memory: estimate.memory(), to: observe)
  }
}

extension TrainPredictor {
  public func dryRun() throws {
    let model = try SiT(configuration.model)
    let estimate = try TrainingEstimate(
      parameters: model.parameters, loss: predictionLoss(model),
      options: configuration.training.options.common,
      precision: configuration.precision.resolved(),
      rows: [
        ["multiply-adds of one forward", Amounts.count(configuration.model.multiplyAdds)]
      ])
    try reportDryRun(configuration, estimate.table(), memory: estimate.memory(), to: observe)
  }
}

extension TrainRefiner {
  public func dryRun() throws {
    let teacher = try SiT(configuration.teacher.predictorConfiguration())
    let model = try VelocityRefiner(configuration.refiner.network(for: teacher.configuration))
    let estimate = try TrainingEstimate(
      parameters: model.parameters,
      loss: VelocityOffsetLoss(teacher: teacher, refiner: model),
      options: configuration.training.options.common,
      precision: configuration.precision.resolved(), frozen: teacher.parameters,
      rows: [
        ["multiply-adds of one forward", Amounts.count(model.configuration.multiplyAdds)],
        [
          "multiply-adds of the teacher's", Amounts.count(teacher.configuration.multiplyAdds),
        ],
      ])
    try reportDryRun(configuration, estimate.table(), memory: estimate.memory(), to: observe)
  }
}

extension TrainFeatures {
  public func dryRun() throws {
    let model = try FeatureNetwork(configuration.network)
    let options = configuration.training.options
    let estimate = try TrainingEstimate(
      parameters: model.parameters,
      loss: ClassificationLoss(model, layoutWeight: options.layoutWeight),
      options: options.common, precision: configuration.precision.resolved(),
      rows: [["multiply-adds of an image", Amounts.count(try model.work())]])
    try reportDryRun(configuration, estimate.table(), memory: estimate.memory(), to: observe)
  }
}

extension FeatureNetwork {
  /// Multiply–adds of one image.
  func work() throws -> Double {
    let graph = Graph()
    let side = configuration.imageSize
    let outputs = try self(graph.input("images", [1, 3, side, side]))
    graph.output("features", outputs.features)
    graph.output("spatial", outputs.spatial)
    graph.output("logits", outputs.logits)
    return graph.multiplyAdds
  }
}

extension Encode {
  public func dryRun(_ configuration: EncodeConfiguration) throws {
    let vae = try AutoencoderKL(options.vae.autoencoderConfiguration())
    let side = options.images.size
    try check(vae.configuration)
    let images = try imageCount()
    let graph = try checkingSizes { try vae.encodingGraph(batch: options.batch, side: side) }
    let precision = try options.precision.resolved()
    let rate = try MachineRate.measure(precision)
    let weights = 4 * vae.parameters.valueCount + transformedBytes(vae.encoderParameters)
    let program = try checkingSizes {
      try CPUExecutor.workingMemory(of: graph, frozen: true, precision: precision)
    }
    // Each image and its mirror image.
    let work = 2 * graph.multiplyAdds / Double(options.batch) * Double(images)
    try reportDryRun(
      configuration,
      [
        ["estimate", "value"],
        ["precision", precision.rawValue],
        ["images", "\(images)"],
        ["parameters of the encoder", "\(vae.encoderParameters.valueCount)"],
        [
          "multiply-adds to encode an image",
          Amounts.count(graph.multiplyAdds / Double(options.batch)),
        ],
        ["memory: weights", Amounts.bytes(weights)],
        ["memory: encoder program", Amounts.bytes(program)],
        [
          "size of the latents",
          Amounts.bytes(Amounts.product(16, images, latentShape(vae.configuration).elementCount)),
        ],
        ["machine: multiply-adds per second", Amounts.count(rate.multiplyAdds)],
        ["time, about", Amounts.duration(rate.seconds(work))],
      ], memory: weights + program, to: observe)
  }

  /// Images that are there, or would be rendered.
  func imageCount() throws -> Int {
    if let render = options.images.render,
      !FileManager.default.fileExists(atPath: options.images.images)
    {
      return try render.parameters().classes.count * render.perClass
    }
    return try ImageFolder(scanning: options.images.images).images.count
  }
}

extension AutoencoderKL {
  /// Images (batch, 3, side, side) to the posterior's mean and log-variance.
  func encodingGraph(batch: Int, side: Int) throws -> Graph {
    let graph = Graph()
    let posterior = try encode(
      graph.input("images", [batch, configuration.inChannels, side, side]))
    graph.output("mean", posterior.mean)  // (N, C, h, w)
    graph.output("log_variance", posterior.logVariance)  // (N, C, h, w)
    return graph
  }

  /// Multiply–adds to encode one image.
  func encodingWork(side: Int) throws -> Double {
    try checkingSizes { try encodingGraph(batch: 1, side: side).multiplyAdds }
  }

  /// Multiply–adds to decode one latent of the given side.
  func decodingWork(side: Int) throws -> Double {
    try checkingSizes {
      let graph = Graph()
      let latents = try graph.input("latents", [1, configuration.latentChannels, side, side])
      graph.output("images", try decode(latents))
      return graph.multiplyAdds
    }
  }
}

/// Prints what a dry run found: the configuration in full, then the estimates.
/// - Parameter memory: bytes needed in all.
func reportDryRun(
  _ configuration: some ConfigurationSchema, _ estimates: [[String]], memory: Int,
  to observe: PipelineObserver
) throws {
  observe(.note(try ResolvedConfiguration(configuration).yaml))
  observe(.table(title: "Nothing was run. What it would take:", rows: estimates))
  warnOfMemory(memory, to: observe)
}
