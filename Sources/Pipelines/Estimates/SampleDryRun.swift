import CPUExecutor
import Models
import Sampling
import TensorGraph

extension Sample {
  /// Says what the run would be and take, and does nothing else. The weights are read, so
  /// that files that do not fit are found out.
  public func dryRun() throws { try dryRun(task) }

  func dryRun(_ task: SampleTask) throws {
    let options = configuration.sampling
    let (models, refiner) = try readModels()
    try options.labels.validate(classes: models.classes)

    let executor = try CPUExecutor(precision: configuration.precision.resolved())
    let sampler = try sampler(models, refiner, executor)
    let source = try task.source(models, executor)
    let count = batches.indices.count
    let evaluations = try source.evaluations(sampler, options.refinerVariant)
    let once = options.plan.evaluations(refinerVariant: options.refinerVariant)
    let (predictor, vae) = (models.predictor.model, models.vae.model)
    let precision = executor.precision
    let work = try work(sampler, models, source)
    // Tasks may pass the path several times.
    let passes =
      Double((evaluations?.predictor ?? 1) + (evaluations?.refiner ?? 0))
      / Double((once?.predictor ?? 1) + (once?.refiner ?? 0))
    let sampling =
      work.nullModulations
      + Double(batches.count) * (work.classModulations + passes * work.blocks)
    let encoding = source.inputs == nil ? 0 : try vae.encodingWork(side: models.imageSide)
    let decoding = try vae.decodingWork(side: predictor.configuration.inputSize)
    let rate = try MachineRate.measure(precision)

    let weights = [
      predictor.parameters.valueCount, refiner?.model.parameters.valueCount ?? 0,
      vae.parameters.valueCount,
    ]
    let memory = try self.memory(
      models, refiner, work, precision, encodes: source.inputs != nil)
    let pixels = Amounts.product(3, models.imageSide, models.imageSide, count)
    let latents =
      configuration.write.latents ? Amounts.product(4, models.latentShape.elementCount, count) : 0

    var table = [
      ["estimate", "value"],
      ["precision", precision.rawValue],
      ["samples", "\(count) in \(batches.count) batches of \(batches.size)"],
      ["parameters of the predictor", "\(weights[0])"],
      ["parameters of the autoencoder", "\(weights[2])"],
      [
        "evaluations of the predictor per sample",
        evaluations.map { "\($0.predictor)" } ?? "as many as the tolerance takes",
      ],
      ["multiply-adds of one", Amounts.count(forward(predictor.configuration))],
    ]
    if let refiner {
      table += [
        ["parameters of the refiner", "\(weights[1])"],
        ["evaluations of the refiner per sample", "\(evaluations?.refiner ?? 0)"],
        ["multiply-adds of one", Amounts.count(forward(refiner.model.configuration))],
      ]
    }
    table += [
      [
        "multiply-adds for times and classes",
        Amounts.count(work.nullModulations + Double(batches.count) * work.classModulations),
      ],
      ["multiply-adds to decode an image", Amounts.count(decoding)],
      ["memory: weights", Amounts.bytes(memory.weights)],
      ["memory: programs of a batch", Amounts.bytes(memory.programs)],
      [
        "disk, at most",
        Amounts.bytes(
          (configuration.write.png ? pixels : 0) + (configuration.write.npz ? pixels : 0) + latents),
      ],
      ["machine: multiply-adds per second", Amounts.count(rate.multiplyAdds)],
      [
        evaluations == nil ? "time, at least" : "time, about",
        Amounts.duration(rate.seconds(sampling + Double(count) * (encoding + decoding))),
      ],
    ]
    try reportDryRun(
      task.configuration, table, memory: memory.total, to: observe)
  }

  /// Multiply–adds of one evaluation for one latent, at known modulations.
  private func forward(_ network: SiTConfiguration) -> Double {
    network.multiplyAdds - network.conditioningMultiplyAdds
  }

  /// What the first batch takes, and every other one but for how many classes meet in it.
  func work(_ sampler: Sampler, _ models: SamplingModels, _ source: any SampleSource) throws
    -> SamplingWork
  {
    try sampler.work(
      latentShape: models.latentShape, labels: source.labels(0..<batches.size))
  }

  struct Memory {
    /// Bytes of the weights, packed forms included.
    let weights: Int
    /// Bytes of all programs of the plan and the modulations that they are fed.
    let programs: Int

    var total: Int { weights + programs }
  }

  func memory(
    _ models: SamplingModels, _ refiner: LoadedModel<VelocityRefiner>?, _ work: SamplingWork,
    _ precision: Precision, encodes: Bool
  ) throws -> Memory {
    let networks = [models.predictor.model] + (refiner.map { [$0.model.network] } ?? [])
    let vae = models.vae.model
    let (total, conditioning) = networks.reduce(into: (0, 0)) {
      $0.0 += $1.parameters.valueCount
      $0.1 += $1.conditioningParameters.valueCount
    }
    let executor = CPUExecutor.self
    let steps = try work.programs.reduce(0) {
      try $0 + executor.workingMemory(of: $1, frozen: true, precision: precision)
    }
    // Modulations are there twice for a moment, as a program's result and as the copy it gives.
    let first =
      try work.conditioningPrograms.map {
        try executor.workingMemory(of: $0, frozen: false, precision: precision)
      }.max() ?? 0
    return Memory(
      // Programs keep weights in an order of their own beside the given one, but for those
      // that are read once for all steps.
      weights: 4 * total + precision.elementBytes * (total - conditioning)
        + 4 * vae.parameters.valueCount + transformedBytes(vae.decoderParameters)
        + (encodes ? transformedBytes(vae.encoderParameters) : 0),
      programs: work.modulationBytes(batches: batches.count) + first + steps)
  }
}

/// Bytes of an autoencoder's weights as its programs keep them beside the given ones, at most:
/// those of 3 × 3, nearly all, as 6 × 6 in float32.
func transformedBytes(_ parameters: [Parameter]) -> Int { 4 * 4 * parameters.valueCount }
