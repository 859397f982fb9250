import Diagnostics
import Models
import Sampling
import TensorGraph

extension Row {
  /// Pictures of the quickstart's shapes, drawn in batches and decoded one by one.
  /// - Parameter count: a multiple of `batch`.
  static func quickstartSamples(count: Int, batch: Int = 8, _ cache: WeightCache) -> Row {
    Row(name: "samples-\(count)", title: "Quickstart samples", count: count) { precision in
      let predictor = try SiT(quickstart)
      let refiner = try VelocityRefiner(RefinerConfiguration().network(for: quickstart))
      let plan = try SamplingPlan("H1P5R3")
      let side = quickstart.inputSize
      let decoding = Graph()
      let model = try AutoencoderKL(quickstartAutoencoder)
      decoding.output("image", try model.decode(decoding.input("latents", [1, 4, side, side])))
      let weights = [
        cache.weights("quickstart", of: predictor.parameters),
        cache.weights("quickstart refiner", of: refiner.parameters),
        cache.weights("quickstart decoder", of: model.decoderParameters),
      ]
      guard let evaluations = plan.evaluations(refinerVariant: .block) else {
        throw InputError("plan '\(plan)'", expected: "a fixed number of evaluations", found: "none")
      }
      let sample =
        2 * Double(evaluations.predictor) * quickstart.multiplyAdds
        + 2 * Double(evaluations.refiner) * refiner.configuration.multiplyAdds
        + decoding.multiplyAdds
      let evaluation = Graph()
      evaluation.output(
        "v",
        try predictor(
          evaluation.input("x", predictor.latentShape(2 * batch)),
          t: evaluation.input("t", [2 * batch]),
          labels: evaluation.input("labels", [2 * batch], .int32)))
      return Plan(
        multiplyAdds: Double(count) * sample,
        weightBytes: weights.flatMap(\.values).reduce(0) { $0 + $1.type.byteCount },
        arenaBytes: try precision.workingMemory(of: evaluation)
          + precision.workingMemory(of: decoding)
      ) {
        let sampler = try Sampler(
          executor: precision.executor,
          field: VelocityField(
            predictor: predictor, refiner: refiner,
            guidance: Guidance(scale: 1.5, nullClass: quickstart.classes)),
          predictorWeights: weights[0], refinerWeights: weights[1], plan: plan)
        let decoder = try precision.executor.compile(
          decoding, variables: weights[2], frozen: true)
        let length = predictor.latentShape(1).elementCount
        return Work {
          for first in stride(from: 0, to: count, by: batch) {
            let latents = try sampler.sample(
              noise: .normals(predictor.latentShape(batch), index: UInt64(first)),
              labels: (0..<batch).map { Int32($0 % quickstart.classes) })
            for row in 0..<batch {
              let values = Array(latents.floats[row * length..<(row + 1) * length])
              _ = try decoder.run([
                "latents": HostTensor(values, shape: predictor.latentShape(1))
              ])
            }
          }
        }
      }
    }
  }

  /// `configs/quickstart/vae.yaml`.
  private static var quickstartAutoencoder: AutoencoderConfiguration {
    var configuration = AutoencoderConfiguration()
    configuration.channels = [16, 32, 64]
    configuration.layersPerBlock = 1
    configuration.normGroups = 8
    return configuration
  }
}
