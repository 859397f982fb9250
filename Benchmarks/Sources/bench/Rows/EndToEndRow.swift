import Diagnostics
import Imaging
import Models
import Sampling
import TensorGraph

extension Row {
  /// One picture by SiT-XL/2, its refiner and the plan H1P5R3 with guidance, from noise to
  /// PNG bytes; its parts are the networks' evaluations and the decoding.
  static func extraLargeSample(_ cache: WeightCache) -> Row {
    Row(name: "h1p5r3-xl-2", title: "H1P5R3, XL/2, decoded", count: 1, isLong: true) { precision in
      let configuration = try SiTConfiguration(named: "XL/2")
      let predictor = try SiT(configuration)
      let refiner = try VelocityRefiner(RefinerConfiguration().network(for: configuration))
      let plan = try SamplingPlan("H1P5R3")
      let predictorWeights = cache.weights("SiT xl-2 32", of: predictor.parameters)
      let refinerWeights = cache.weights("SiT xl-2 32 refiner", of: refiner.parameters)

      let forward = try Row.forward("XL/2", batch: 2, cache).plan(precision)
      let refinement = try Plan.refinement(refiner, weights: refinerWeights, precision)
      let decoding = try Row.decode(cache).plan(precision)
      guard let evaluations = plan.evaluations(refinerVariant: .block) else {
        throw InputError("plan '\(plan)'", expected: "a fixed number of evaluations", found: "none")
      }
      let guidance = Guidance(scale: 4, nullClass: configuration.classes)
      return Plan(
        multiplyAdds: Double(evaluations.predictor) * forward.multiplyAdds
          + Double(evaluations.refiner) * refinement.multiplyAdds + decoding.multiplyAdds,
        weightBytes: forward.weightBytes + refinement.weightBytes + decoding.weightBytes,
        // A program for each kind of block.
        arenaBytes: 2 * forward.arenaBytes + refinement.arenaBytes + decoding.arenaBytes
      ) {
        let parts = [
          Work.Part(
            name: "predictor", count: evaluations.predictor, run: try forward.compile().run),
          Work.Part(
            name: "refiner", count: evaluations.refiner, run: try refinement.compile().run),
          Work.Part(name: "decoder", count: 1, run: try decoding.compile().run),
        ]
        let sampler = try Sampler(
          executor: precision.executor,
          field: VelocityField(predictor: predictor, refiner: refiner, guidance: guidance),
          predictorWeights: predictorWeights, refinerWeights: refinerWeights, plan: plan)
        let decoder = try Decoder(cache, precision)
        var index: UInt64 = 0
        return Work(parts: parts) {
          index += 1
          let noise = HostTensor.normals(predictor.latentShape(1), index: index)
          let latents = try sampler.sample(noise: noise, labels: [207])
          _ = try ImageEncoder.png(decoder(latents))
        }
      }
    }
  }
}

/// Latents to one picture.
private struct Decoder {
  private let program: any Program
  private let scale: Float

  init(_ cache: WeightCache, _ precision: Precision) throws {
    let model = try AutoencoderKL(AutoencoderConfiguration())
    let graph = Graph()
    graph.output("image", try model.decode(graph.input("latents", [1, 4, 32, 32])))
    program = try precision.executor.compile(
      graph, variables: cache.weights("SD-VAE decoder", of: model.decoderParameters), frozen: true)
    scale = Float(model.configuration.scalingFactor)
  }

  func callAsFunction(_ latents: HostTensor) throws -> RGBImage {
    let scaled = HostTensor(latents.floats.map { $0 / scale }, shape: latents.shape)
    guard let image = try program.run(["latents": scaled])["image"] else {
      throw ProgramError("the decoder's program returned no image")
    }
    return RGBImage(signedUnit: image.array(), width: image.shape[3], height: image.shape[2])
  }
}

extension Plan {
  /// One evaluation of a refiner for both branches of one sample.
  fileprivate static func refinement(
    _ refiner: VelocityRefiner, weights: [String: HostTensor], _ precision: Precision
  ) throws -> Plan {
    let shape = refiner.network.latentShape(2)
    let graph = Graph()
    graph.output(
      "offset",
      try refiner(
        graph.input("x", shape), t: graph.input("t", [2]), velocity: graph.input("v", shape),
        labels: graph.input("labels", [2], .int32)))
    return try Plan(
      graph, variables: weights,
      inputs: [
        "x": .normals(shape), "v": .normals(shape, index: 1),
        "t": HostTensor([0.5, 0.5] as [Float], shape: [2]),
        "labels": HostTensor([207, 1000] as [Int32], shape: [2]),
      ], nodeLimit: 100, precision: precision)
  }
}
