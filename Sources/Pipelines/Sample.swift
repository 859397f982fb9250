import CPUExecutor
import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import Imaging
import Models
import Sampling
import TensorGraph
import Training

/// `flowturbo sample`: numbered images from a predictor, a refiner and a plan.
public struct Sample {
  public let configuration: SampleConfiguration
  let observe: PipelineObserver
  private let shouldStop: @Sendable () -> Bool
  /// Puts a batch on the disk, beside the drawing of the next one.
  var write: Write = { try $0.write($1, images: $2, latents: $3) }
  typealias Write =
    @Sendable (SampleProducts, SampleBatches.Batch, [RGBImage], SampleLatents) throws -> Void

  /// - Parameter shouldStop: asked between the steps of a plan.
  public init(
    _ configuration: SampleConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) {
    self.configuration = configuration
    self.observe = observe
    self.shouldStop = shouldStop
  }

  /// - Parameter resume: keeps the whole batches that an earlier run has left; without it
  ///   they are made again, with the same bytes.
  /// - Throws: ``Stopped`` where the user asked for it.
  public func run(resume: Bool) throws { try run(task, resume: resume) }

  func run(_ task: SampleTask, resume: Bool) throws {
    let options = configuration.sampling
    let (models, refiner) = try Profile.phase("read models") { try readModels() }
    try options.labels.validate(classes: models.classes)
    let executor = try CPUExecutor(precision: configuration.precision.resolved())
    let sampler = try sampler(
      models, refiner,
      CPUExecutor(precision: executor.precision, compilation: options.compilation))
    let source = try task.source(models, executor)
    let memory = try memory(
      models, refiner, work(sampler, models, source), executor.precision,
      encodes: source.inputs != nil)
    try checkMemory(memory.total, to: observe)
    let decoder = try models.decoder(executor)

    var manifest = try self.manifest(
      task, models, refiner, source, executor.precision,
      evaluations: source.evaluations(sampler, options.refinerVariant))
    let folder = try SampleFolder(
      configuration.output, identity: RunIdentity(manifest.identity), files: task.files)
    let products = SampleProducts(
      folder: folder, write: configuration.write, batches: batches,
      latentShape: models.latentShape, width: decoder.width, height: decoder.height,
      labels: source.labels, picture: source.picture, identity: manifest.identity)
    if resume, try SampleManifest.read(in: folder.path)?.complete == true, products.areThere {
      try products.tidy()
      observe(.note("\(folder.path): complete already, \(batches.indices.count) samples"))
      return
    }
    try manifest.write(to: folder.path)
    if !resume { try products.startOver() }
    try AtomicFile.write(manifest.configuration, to: "\(folder.path)/configuration.yaml")

    try draw(source, sampler, decoder, products, resume: resume)
    try Profile.phase("join") { try products.finish(observe) }
    try source.finish(products, by: decoder)
    try folder.check()
    manifest.complete = true
    try manifest.write(to: folder.path)
    try products.tidy()
    try folder.check()
    observe(
      .note(
        "\(folder.path): \(batches.indices.count) samples with \(manifest.plan) "
          + "(\(evaluations(manifest.evaluations, sampler))), guidance \(options.guidance)"))
  }

  /// `sample` itself.
  var task: SampleTask {
    let options = configuration.sampling
    return SampleTask(configuration: configuration) { [configuration, batches] models, _ in
      let side = models.imageSide
      return DrawnSamples(
        draws: SampleDraws(
          seed: configuration.seed, labels: options.labels, classes: models.classes),
        shape: models.latentShape, indices: batches.indices, width: side, height: side)
    }
  }

  /// The networks; no refiner where the plan has no R.
  func readModels() throws -> (SamplingModels, LoadedModel<VelocityRefiner>?) {
    let models = try SamplingModels(
      predictor: configuration.predictor, vae: configuration.vae, observe: observe)
    let refiner =
      configuration.sampling.plan.usesRefiner
      ? try configuration.refiner.map(models.loadRefiner) : nil
    return (models, refiner)
  }

  /// Evaluations per sample, for people.
  private func evaluations(_ count: SampleManifest.Evaluations?, _ sampler: Sampler) -> String {
    guard let count else {
      guard sampler.samples > 0 else { return "as many evaluations as its tolerance took" }
      let samples = Double(sampler.samples)
      var text = String(
        format: "%.1f evaluations of the predictor on average",
        Double(sampler.sampleEvaluations.predictor) / samples)
      if sampler.paddingEvaluations > 0 {
        text += String(
          format: ", %.1f more to fill batches up", Double(sampler.paddingEvaluations) / samples)
      }
      let steps = sampler.steps
      if steps.rejected > 0 {
        text += ", \(steps.rejected) of \(steps.accepted + steps.rejected) steps refused"
      }
      return text
    }
    return "\(count.predictor) evaluations of the predictor, \(count.refiner) of the refiner"
  }

  func sampler(
    _ models: SamplingModels, _ refiner: LoadedModel<VelocityRefiner>?, _ executor: any Executor
  ) throws -> Sampler {
    let options = configuration.sampling
    return try models.sampler(
      options.plan, refiner: refiner, guidance: options.guidance,
      channels: options.guidanceChannels, variant: options.refinerVariant,
      settings: options.solver, inParts: options.compilation == .whole, executor: executor)
  }

  var batches: SampleBatches {
    let options = configuration.sampling
    return SampleBatches(
      indices: options.indices ?? 0..<options.count, size: min(options.batch, options.count))
  }

  private func draw(
    _ source: any SampleSource, _ sampler: Sampler, _ decoder: LatentDecoder,
    _ products: SampleProducts, resume: Bool
  ) throws {
    let total = batches.indices.count
    // Networks use all threads, so the next batch is drawn only once this one is decoded;
    // compressing and writing go on meanwhile.
    let writer = BackgroundWriter()
    defer { writer.wait() }
    let start = ContinuousClock.now
    var (done, skipped) = (0, 0)
    func stop() throws -> Stopped {
      // What is computed is written first, and counts.
      try writer.finish()
      return Stopped(
        "stopped after \(done) of \(total) samples: repeat the command with --resume")
    }
    sampler.willRunBlock = { [shouldStop] in
      if shouldStop() { throw Abandoned() }
      try writer.check()
    }
    for batch in batches.all {
      if resume, products.hold(batch) {
        done += batch.kept.count
        skipped += batch.kept.count
        observe(.progress(stage: "sample", done: done, total: total, detail: "there already"))
        continue
      }
      guard !shouldStop() else { throw try stop() }
      let latents: SampleLatents
      do {
        latents = try Profile.phase("sample a batch") { try source.latents(batch, by: sampler) }
      } catch is Abandoned {
        throw try stop()
      }
      // Numbers out of range may come of weights that are others by now.
      try MappedFile.checkAll()
      for (_, values) in latents.stored.sorted(by: { $0.key < $1.key }) {
        try NonFiniteSample.check(values, from: batch.drawn.lowerBound)
      }
      let images = try Profile.phase("decode a batch") {
        products.needImages ? try source.images(latents, batch, by: decoder) : []
      }
      try writer.submit { [write] in try write(products, batch, images, latents) }
      done += batch.kept.count
      let perSecond = Double(done - skipped) / (ContinuousClock.now - start).seconds
      let left = Duration.seconds(Double(total - done) / perSecond)
      observe(
        .progress(
          stage: "sample", done: done, total: total,
          detail: String(
            format: "%.2f images/s, %@ left", perSecond,
            left.formatted(.time(pattern: .hourMinuteSecond)))))
    }
    try writer.finish()
    if skipped > 0 { observe(.note("\(skipped) of \(total) samples were there already")) }
  }

  /// A batch was given up half-way.
  private struct Abandoned: Error {}

  private func manifest(
    _ task: SampleTask, _ models: SamplingModels, _ refiner: LoadedModel<VelocityRefiner>?,
    _ source: any SampleSource, _ precision: Precision, evaluations: EvaluationCount?
  ) throws -> SampleManifest {
    let options = configuration.sampling
    var weights = [
      "predictor": SampleManifest.Weights(models.predictor),
      "vae": SampleManifest.Weights(models.vae),
    ]
    weights["refiner"] = refiner.map { SampleManifest.Weights($0) }
    return SampleManifest(
      precision: precision.rawValue, seed: configuration.seed, count: options.count,
      indices: .init(from: batches.indices.lowerBound, to: batches.indices.upperBound),
      batch: batches.size, labels: source.labelText, classes: models.classes,
      plan: options.plan.description,
      refinerVariant: options.refinerVariant.rawValue,
      evaluations: evaluations.map { .init(predictor: $0.predictor, refiner: $0.refiner) },
      guidance: options.guidance, guidanceChannels: options.guidanceChannels.rawValue,
      weights: weights, vaeScale: models.vae.model.configuration.scalingFactor,
      outputs: task.files.outputs(configuration.write),
      configuration: try ResolvedConfiguration(task.configuration).yaml,
      identity: try identity(task, models, refiner, source, precision).settings,
      task: task.nameInManifest, inputs: source.inputs)
  }

  private func identity(
    _ task: SampleTask, _ models: SamplingModels, _ refiner: LoadedModel<VelocityRefiner>?,
    _ source: any SampleSource, _ precision: Precision
  ) throws -> RunIdentity {
    var identity = try RunIdentity(
      task.configuration,
      ignoring: ["output", "write", "precision", "predictor", "refiner", "vae"] + task.files.keys,
      inputs: [
        "predictor (SHA-256)": models.predictor.identity, "vae (SHA-256)": models.vae.identity,
      ])
    identity.settings["refiner (SHA-256)"] = refiner?.identity
    identity.settings["sampling.batch"] = "\(batches.size)"
    identity.settings["sampling.indices"] = "\(batches.indices)"
    identity.settings["code version"] = Toolkit.version
    identity.settings["oneDNN"] = SampleManifest.libraryVersion
    identity.add(precision)
    // Beside the weights: heads and scale, say, are not seen in the tensors' shapes.
    identity.settings["predictor"] = try line(models.predictor.model.configuration)
    identity.settings["vae"] = try line(models.vae.model.configuration)
    identity.settings["refiner"] = try refiner.map { try line($0.model.configuration) }
    identity.settings["task"] = task.nameInManifest
    // Names of classes may stand for other numbers another time.
    identity.settings["labels"] = task.nameInManifest.map { _ in source.labelText }
    identity.settings["inputs (SHA-256)"] = source.inputs.map(SampleManifest.Input.digest)
    identity.settings.merge(source.identity) { $1 }
    return identity
  }
}

/// A configuration on one line.
private func line(_ schema: some ConfigurationSchema) throws -> String {
  try ResolvedConfiguration(schema).yaml.split(separator: "\n").joined(separator: ", ")
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
