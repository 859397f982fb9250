import CPUExecutor
import Configuration
import Foundation
import Models
import Sampling
import TensorGraph

extension Sample {
  /// `--dry-run`: the resolved configuration, parameter counts, and what the run will take,
  /// from an evaluation of each network on this machine. Writes nothing.
  public func estimate() throws {
    let options = configuration.sampling
    let models = try SamplingModels(predictor: configuration.predictor, vae: configuration.vae)
    let refiner =
      options.plan.usesRefiner ? try configuration.refiner.map(models.loadRefiner) : nil
    try options.labels.validate(classes: models.classes)
    observe(.note(try ResolvedConfiguration(configuration).yaml))

    let branches = options.guidance == 1 ? 1 : 2
    let evaluations = options.plan.evaluations(refinerVariant: options.refinerVariant)
    let work = models.predictor.model.configuration.multiplyAdds
    let refinerWork = refiner?.model.configuration.multiplyAdds ?? 0
    // Large networks are tried on fewer samples: a second or two is enough.
    let tried = max(1, min(batches.size, Int(2e10 / (work * Double(branches)))))
    let executor = CPUExecutor()
    let euler = try models.sampler(
      .solver(.euler, steps: 1), refiner: nil, guidance: options.guidance,
      channels: options.guidanceChannels, variant: options.refinerVariant, executor: executor)
    let noise = HostTensor(shape: Shape([tried] + models.latentShape.dimensions))
    let labels = [Int32](repeating: 0, count: tried)
    let predicting = try time { _ = try euler.sample(noise: noise, labels: labels) }
    let decoder = try models.decoder(executor)
    let decoding = try time { _ = try decoder(noise, rows: 0..<1) }

    let perEvaluation = predicting / Double(tried)
    let perSample =
      perEvaluation
      * (Double(evaluations.predictor) + Double(evaluations.refiner) * refinerWork / work)
    let drawn = batches.count * batches.size
    let count = batches.indices.count
    let seconds = Double(drawn) * perSample + Double(count) * decoding
    let pixels = decoder.width * decoder.height * 3
    let latent = models.latentShape.elementCount * 4
    let disk =
      (configuration.write.png ? count * pixels : 0)
      + (configuration.write.npz ? count * pixels : 0)
      + (configuration.write.latents ? count * latent : 0)

    func millions(_ value: some BinaryInteger) -> String {
      String(format: "%.2f M", Double(value) * 1e-6)
    }
    observe(
      .table(
        title: "networks",
        rows: [
          ["", "parameters", "multiply-adds", "evaluations"],
          [
            "predictor", millions(models.predictor.model.parameters.valueCount),
            millions(Int(work)),
            "\(evaluations.predictor) per sample",
          ],
          [
            "refiner", millions(refiner?.model.parameters.valueCount ?? 0),
            millions(Int(refinerWork)), "\(evaluations.refiner) per sample",
          ],
          ["autoencoder", millions(models.vae.model.parameters.valueCount), "", "1 per image"],
        ]))
    observe(
      .table(
        title: "estimates for \(count) samples in \(batches.count) batches of \(batches.size)",
        rows: [
          ["", ""],
          ["time", Duration.seconds(seconds).formatted(.time(pattern: .hourMinuteSecond))],
          ["per image", String(format: "%.1f ms", seconds / Double(count) * 1000)],
          ["memory, at least", megabytes(Self.peakMemory())],
          ["disk, at most", megabytes(disk)],
        ]))
  }

  /// Seconds of the second of two runs: the first compiles.
  private func time(_ body: () throws -> Void) throws -> Double {
    try body()
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start).seconds
  }

  /// Bytes of memory that this process has taken at most so far.
  private static func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}

private func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }
