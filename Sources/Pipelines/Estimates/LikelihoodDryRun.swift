import CPUExecutor
import Diagnostics
import Foundation
import Models
import Sampling
import Storage
import TensorGraph

extension Likelihood {
  /// Says what the run would be and take, and does nothing else. Weights and latents are read,
  /// so that files that do not fit are found out; latents that are missing are not made.
  public func dryRun() throws {
    let predictor = try configuration.predictor.loadPredictor(observe)
    let model = predictor.model.configuration
    let jobs = try jobs(predictor)
    let precision = try configuration.precision.resolved()
    let estimator = try estimator(predictor, CPUExecutor(precision: precision))
    let work = try estimator.work(labels: jobs.drawn(0).map(\.condition))
    let total =
      work.nullModulations + Double(jobs.batches) * (work.classModulations + work.blocks)
    let rate = try MachineRate.measure(precision)
    let memory = try memory(predictor.model, work, jobs, precision)
    let evaluations = settings.solver.plan.evaluations()?.predictor
    try reportDryRun(
      configuration,
      [
        ["estimate", "value"],
        ["precision", precision.rawValue],
        ["latents under a class each", "\(jobs.all.count) in \(jobs.batches) batches"],
        [
          "dimensions of a latent", "\(model.inChannels * model.inputSize * model.inputSize)",
        ],
        ["parameters of the predictor", "\(predictor.model.parameters.valueCount)"],
        [
          "evaluations of velocity and divergence",
          evaluations.map { "\($0)" } ?? "as many as the tolerance takes",
        ],
        [
          "backward passes of each",
          "\(settings.trace == .exact ? "one per dimension" : "\(settings.probes)")",
        ],
        ["multiply-adds of a batch", Amounts.count(work.blocks)],
        ["memory: weights", Amounts.bytes(memory.weights)],
        ["memory: programs of a batch", Amounts.bytes(memory.programs)],
        ["machine: multiply-adds per second", Amounts.count(rate.multiplyAdds)],
        [
          evaluations == nil ? "time, at least" : "time, about",
          Amounts.duration(rate.seconds(total)),
        ],
      ], memory: memory.total, to: observe)
  }

  /// The jobs, by labels that are made up where the latents are not there yet.
  private func jobs(_ predictor: LoadedModel<SiT>) throws -> LikelihoodJobs {
    let classes = predictor.model.configuration.classes
    let path = configuration.data.latents
    if FileManager.default.fileExists(atPath: path) {
      let file = try configuration.data.file(observe)
      try file.check(fits: predictor.model.configuration, named: predictor.path)
      return try LikelihoodJobs(settings, labels: file.labels, classes: classes, path: path)
    }
    guard let encode = configuration.data.encode else {
      throw InputError(
        path, expected: "a file of latents", found: "none",
        remedy: "make it with 'flowturbo encode', or say how under data.encode")
    }
    let count = try Encode(encode, path: path, observe: observe).imageCount()
    observe(.note("\(path) is missing: the run would first encode \(count) images"))
    return try LikelihoodJobs(
      settings, labels: (0..<count).map { Int32($0 % classes) }, classes: classes, path: path)
  }

  func memory(
    _ predictor: SiT, _ work: SamplingWork, _ jobs: LikelihoodJobs, _ precision: Precision
  ) throws -> Sample.Memory {
    let executor = CPUExecutor.self
    let total = predictor.parameters.valueCount
    let conditioning = predictor.conditioningParameters.valueCount
    let steps = try work.programs.reduce(0) {
      try $0 + executor.workingMemory(of: $1, frozen: true, precision: precision)
    }
    let first =
      try work.conditioningPrograms.map {
        try executor.workingMemory(of: $0, frozen: false, precision: precision)
      }.max() ?? 0
    return Sample.Memory(
      // Forward and backward passes each keep weights in an order of their own.
      weights: 4 * total + 2 * precision.elementBytes * (total - conditioning),
      programs: work.modulationBytes(batches: jobs.batches) + first + steps)
  }
}
