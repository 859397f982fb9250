import CPUExecutor
import Models
import Sampling
import TensorGraph

extension Sample {
  /// Says what the run would be and take, and does nothing else. The weights are read, so
  /// that files that do not fit are found out.
  public func dryRun() throws {
    let options = configuration.sampling
    let models = try SamplingModels(
      predictor: configuration.predictor, vae: configuration.vae, observe: observe)
    let refiner =
      options.plan.usesRefiner ? try configuration.refiner.map(models.loadRefiner) : nil
    try options.labels.validate(classes: models.classes)

    let (count, drawn) = (batches.indices.count, batches.count * batches.size)
    let branches = options.guidance == 1 ? 1 : 2
    let evaluations = options.plan.evaluations(refinerVariant: options.refinerVariant)
    let (predictor, vae) = (models.predictor.model, models.vae.model)
    let forward = predictor.configuration.multiplyAdds
    let refinement = refiner?.model.configuration.multiplyAdds ?? 0
    let perSample =
      Double(branches)
      * (Double(evaluations.predictor) * forward + Double(evaluations.refiner) * refinement)
    let decoding = try vae.decodingWork(side: predictor.configuration.inputSize)
    let rate = try MachineRate.measure()

    let weights = [
      predictor.parameters.valueCount, refiner?.model.parameters.valueCount ?? 0,
      vae.parameters.valueCount,
    ]
    let memory = try self.memory(models, refiner)
    let side = predictor.configuration.inputSize * vae.configuration.downsampling
    let pixels = 3 * side * side * count
    let latents = configuration.write.latents ? 4 * models.latentShape.elementCount * count : 0

    var table = [
      ["estimate", "value"],
      ["samples", "\(count) in \(batches.count) batches of \(batches.size)"],
      ["parameters of the predictor", "\(weights[0])"],
      ["parameters of the autoencoder", "\(weights[2])"],
      ["evaluations of the predictor per sample", "\(evaluations.predictor)"],
      ["multiply-adds of one", Amounts.count(forward)],
    ]
    if refiner != nil {
      table += [
        ["parameters of the refiner", "\(weights[1])"],
        ["evaluations of the refiner per sample", "\(evaluations.refiner)"],
        ["multiply-adds of one", Amounts.count(refinement)],
      ]
    }
    table += [
      ["multiply-adds to decode an image", Amounts.count(decoding)],
      ["memory: weights", Amounts.bytes(memory.weights)],
      ["memory: one evaluation of a batch", Amounts.bytes(memory.evaluation)],
      [
        "disk, at most",
        Amounts.bytes(
          (configuration.write.png ? pixels : 0) + (configuration.write.npz ? pixels : 0) + latents),
      ],
      ["machine: multiply-adds per second", Amounts.count(rate.multiplyAdds)],
      [
        "time, about",
        Amounts.duration(rate.seconds(Double(drawn) * perSample + Double(count) * decoding)),
      ],
    ]
    try reportDryRun(
      configuration, table, memory: memory.weights + memory.evaluation, to: observe)
  }

  /// Bytes of the weights and of one evaluation of a batch.
  func memory(_ models: SamplingModels, _ refiner: LoadedModel<VelocityRefiner>?) throws -> (
    weights: Int, evaluation: Int
  ) {
    let predictor = models.predictor.model
    let rows = (configuration.sampling.guidance == 1 ? 1 : 2) * batches.size
    let graph = Graph()
    graph.output(
      "v",
      try predictor(
        graph.input("x", Shape([rows] + models.latentShape.dimensions)),
        t: graph.input("t", [rows]), labels: graph.input("labels", [rows], .int32)))
    let weights =
      predictor.parameters.valueCount + (refiner?.model.parameters.valueCount ?? 0)
      + models.vae.model.parameters.valueCount
    // Programs keep the weights in an order of their own beside the given one.
    return (2 * 4 * weights, try CPUExecutor.workingMemory(of: graph, frozen: true))
  }
}
