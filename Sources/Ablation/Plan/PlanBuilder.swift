import Models
import CPUExecutor
import Sampling
import Configuration
import Diagnostics
import Pipelines
import Training

/// Turns cells into steps; equal ones are there once.
final class PlanBuilder {
  let configuration: AblationConfiguration
  let folder: SweepFolder
  private(set) var steps: [String: Step] = [:]
  /// In the order in which they were asked for: each after those it needs.
  private(set) var order: [String] = []
  /// Hashes of files, which several cells name.
  private var identities: [String: String] = [:]

  init(_ configuration: AblationConfiguration, _ folder: SweepFolder) {
    self.configuration = configuration
    self.folder = folder
  }

  func add(
    _ kind: Step.Kind, _ settings: [String: String], needs: [String?], title: String,
    _ work: (_ hash: String) -> Step.Work
  ) -> String {
    let hash = StepHash.of(kind, settings)
    if steps[hash] == nil {
      steps[hash] = Step(
        kind: kind, hash: hash, settings: settings, title: title, needs: needs.compactMap(\.self),
        work: work(hash))
      order.append(hash)
    }
    return hash
  }

  private func identity(_ name: String, _ find: () throws -> String) rethrows -> String {
    if let known = identities[name] { return known }
    let found = try find()
    identities[name] = found
    return found
  }

  func settings(
    _ configuration: some ConfigurationSchema, ignoring: [String], inputs: [String: String],
    _ precision: PrecisionChoice
  ) throws -> [String: String] {
    var identity = try RunIdentity(
      configuration, ignoring: ignoring + ["output", "precision"], inputs: inputs)
    identity.add(try precision.resolved())
    return identity.settings
  }

  // MARK: Data

  private func images(_ options: RenderedSetOptions) throws -> String {
    let settings = try RunIdentity(options, ignoring: []).settings
    return add(.images, settings, needs: [], title: "rendered images, seed \(options.seed)") { _ in
      .images(options)
    }
  }

  /// Images of a set: a step that renders them, or what is there.
  private func images(of set: inout ImageSetOptions) throws -> (step: String?, identity: String) {
    if let render = set.render {
      let step = try images(render)
      set.images = folder.images(step)
      set.render = nil
      return (step, "step \(step)")
    }
    let path = set.images
    return (nil, try identity("images \(path)") { try InputIdentity.images(path) })
  }

  private func latents(_ given: EncodingOptions) throws -> String {
    var options = given
    let images = try images(of: &options.images)
    let vae = try identity("vae \(options.vae)") { try options.vae.identity() }
    var schema = EncodeConfiguration()
    schema.encode = options
    let settings = try self.settings(
      schema,
      ignoring: [
        "encode.images", "encode.workers", "encode.render", "encode.vae.weights",
        "encode.precision",
      ], inputs: ["images": images.identity, "vae": vae], options.precision)
    return add(.latents, settings, needs: [images.step], title: "latents") { _ in
      .latents(options)
    }
  }

  // MARK: Trainings

  private func refiner(_ given: TrainRefinerConfiguration) throws -> String {
    var training = given
    var step: String?
    let data: String
    if let encode = training.data.encode {
      guard training.data.latents == CellConfiguration.placeholder else {
        throw InputError(
          "base.train-refiner.data", expected: "latents or encode", found: "both",
          remedy: "the sweep keeps what it encodes in a folder of its own")
      }
      let latents = try latents(encode)
      (step, data) = (latents, "step \(latents)")
      training.data.latents = folder.latents(latents)
      training.data.encode = nil
    } else {
      let path = training.data.latents
      guard path != CellConfiguration.placeholder else {
        throw InputError(
          "base.train-refiner.data", expected: "latents or encode", found: "neither")
      }
      data = try identity("latents \(path)") { try InputIdentity.latents(path) }
    }
    let teacher = try identity("predictor \(training.teacher)") {
      try training.teacher.predictorIdentity()
    }
    training.training.samples = nil
    let settings = try self.settings(
      training, ignoring: RunIdentity.ignoredByFlows,
      inputs: ["latents": data, "teacher weights": teacher], training.precision)
    return add(
      .refiner, settings, needs: [step],
      title: "refiner, Δt \(training.training.options.offset.lower)…"
        + "\(training.training.options.offset.upper), depth \(training.refiner.depth), "
        + "seed \(training.seed)"
    ) { hash in
      training.output = folder.run(hash)
      return .refiner(training)
    }
  }

  private func autoencoder(
    _ given: TrainVAEConfiguration, from reference: AutoencoderReference
  ) throws -> String {
    var training = given
    guard training.training.options.decoderOnly else {
      throw InputError(
        "base.train-vae.training.decoderOnly", expected: "true, as the predictor knows the latents",
        found: "false")
    }
    training.autoencoder = try reference.autoencoderConfiguration()
    let images = try images(of: &training.data)
    let initial = try identity("vae \(reference)") { try reference.identity() }
    training.training.reconstructions = nil
    let settings = try self.settings(
      training,
      ignoring: [
        "data.images", "data.workers", "data.render", "training.checkpoint", "training.logEvery",
        "training.reconstructions", "training.heldOut.every",
      ], inputs: ["images": images.identity, "initial weights": initial], training.precision)
    return add(.autoencoder, settings, needs: [images.step], title: "decoder") { hash in
      training.output = folder.run(hash)
      return .autoencoder(training, initial: reference.weights)
    }
  }

  // MARK: Cells

  /// A cell's samples: the configuration with the sweep's paths, and what determines them.
  struct PlannedSample {
    var configuration: SampleConfiguration
    let settings: [String: String]
    let needs: [String?]
    let refiner: String?
    /// Hashes of the networks that latents are made by, by name.
    let networks: [String: String]
  }

  func sample(_ cell: CellConfiguration) throws -> PlannedSample {
    var sample = cell.sample
    sample.write = SampleOutputs()
    (sample.write.png, sample.write.npz) = (false, true)
    var networks = [
      "predictor weights": try identity("predictor \(sample.predictor)") {
        try sample.predictor.predictorIdentity()
      }
    ]
    var refiner: String?
    if !sample.sampling.plan.usesRefiner {
      sample.refiner = nil
    } else if cell.refiner == .trained, let training = cell.trainRefiner {
      let step = try self.refiner(training)
      refiner = step
      networks["refiner weights"] = "step \(step)"
      var reference = NetworkReference()
      reference.weights = folder.refiner(step)
      sample.refiner = reference
    } else if let reference = sample.refiner {
      networks["refiner weights"] = try identity("refiner \(reference)") {
        try reference.refinerIdentity()
      }
    }
    var inputs = networks
    var vae: String?
    if cell.vae == .trained, let training = cell.trainVAE {
      let step = try autoencoder(training, from: sample.vae)
      vae = step
      inputs["vae weights"] = "step \(step)"
      sample.vae = AutoencoderReference()
      sample.vae.weights = folder.autoencoder(step)
    } else {
      let reference = sample.vae
      inputs["vae weights"] = try identity("vae \(reference)") { try reference.identity() }
    }
    let settings = try self.settings(
      sample, ignoring: ["write", "predictor.weights", "refiner.weights", "vae.weights"],
      inputs: inputs, sample.precision)
    return PlannedSample(
      configuration: sample, settings: settings, needs: [refiner, vae], refiner: refiner,
      networks: networks)
  }

  func add(_ sample: PlannedSample, title: String) -> String {
    add(.sample, sample.settings, needs: sample.needs, title: title) { hash in
      var configuration = sample.configuration
      configuration.output = folder.run(hash)
      return .sample(configuration)
    }
  }

  func evaluation(_ cell: CellConfiguration, of sample: String, title: String) throws -> String {
    var evaluation = cell.evaluate
    evaluation.output = nil
    evaluation.evaluate.saveStatistics = nil
    evaluation.evaluate.cache = folder.features
    let isGiven = evaluation.evaluate.reference != CellConfiguration.placeholder
    var images: String?
    let data: String
    if isGiven, let path = evaluation.evaluate.reference {
      data = try identity("images \(path)") { try InputIdentity.images(path) }
    } else if let render = configuration.reference {
      let step = try self.images(render)
      images = step
      data = "step \(step)"
      evaluation.evaluate.reference = folder.images(step)
    } else {
      throw InputError(
        "base.evaluate.evaluate.reference", expected: "a reference, or what to render as one",
        found: "neither", remedy: "give it, or the section 'reference'")
    }
    var inputs = ["reference": data]
    if let weights = evaluation.evaluate.weights {
      inputs["network"] = try identity("network \(weights)") {
        try InputIdentity.extractor(weights)
      }
    }
    let ignored = [
      "evaluate.samples", "evaluate.reference", "evaluate.weights", "evaluate.cache",
      "evaluate.workers", "evaluate.saveStatistics",
    ]
    var shared = evaluation
    shared.seed = 0
    shared.evaluate.bootstrap = 0
    shared.evaluate.samples = "none"
    let reference = add(
      .reference,
      try settings(shared, ignoring: ignored, inputs: inputs, evaluation.precision),
      needs: [images], title: "features of the reference"
    ) { _ in .reference(shared) }
    inputs["samples"] = "step \(sample)"
    return add(
      .evaluation,
      try settings(evaluation, ignoring: ignored, inputs: inputs, evaluation.precision),
      needs: [sample, reference], title: title
    ) { _ in
      var evaluation = evaluation
      evaluation.evaluate.samples = folder.run(sample)
      return .evaluation(evaluation)
    }
  }

  /// - Parameter cells: one for each name, of the first seed.
  func timing(_ study: String, _ cells: [(name: String, sample: PlannedSample)]) throws -> String {
    var settings = try RunIdentity(configuration.timing, ignoring: []).settings
    for (index, cell) in cells.enumerated() {
      // How many samples a set has does not change how long one takes.
      let lasting = cell.sample.settings.filter {
        !["seed", "sampling.count", "sampling.indices", "sampling.batch"].contains($0.key)
      }
      settings["cell \(index)"] = "\(cell.name): \(StepHash.of(.sample, lasting))"
    }
    let options = configuration.timing
    return add(
      .timing, settings, needs: cells.flatMap(\.sample.needs), title: "times of \(study)"
    ) { _ in
      .timing(
        cells.map { Step.TimedCell(name: $0.name, configuration: $0.sample.configuration) },
        options)
    }
  }
}
