import Solids
import Sampling
import CPUExecutor
import Diagnostics
import Foundation
import Models
import Pipelines

/// What the steps that are left will take: multiply–adds counted from shapes, at the rate that
/// steps of the same kind reached in this sweep, or else at one that the machine is measured at.
struct SweepEstimate {
  struct Line: Equatable {
    var steps = 0
    var multiplyAdds = 0.0
    var seconds = 0.0
    var disk = 0
  }

  private(set) var lines: [Step.Kind: Line] = [:]
  /// Kinds whose rate was measured on steps of this sweep.
  private(set) var measured: Set<Step.Kind> = []

  var seconds: Double { lines.values.reduce(0) { $0 + $1.seconds } }
  var disk: Int { lines.values.reduce(0) { $0 + $1.disk } }

  /// Seconds to render an image, and to evaluate a set beside its features.
  private static let rendering = 0.0018
  private static let metrics = 2.0

  init(
    _ plan: SweepPlan, left: [Step], records: [String: StepRecord], folder: SweepFolder,
    observe: @escaping PipelineObserver
  ) throws {
    var networks: [String: SiTConfiguration] = [:]
    for step in plan.steps.values {
      if case .refiner(let configuration) = step.work {
        networks[step.hash] = try TrainRefiner(configuration, observe: { _ in }).work().network
      }
    }
    let rates = Self.rates(records.values)
    let machine = try WorkEstimate.machineRate(.float32)
    for step in left {
      var work = WorkEstimate(multiplyAdds: 0, disk: 0)
      var extra = 0.0
      switch step.work {
      case .images(let options):
        let count = try options.parameters().classes.count * options.perClass
        (extra, work.disk) = (Double(count) * Self.rendering, 2500 * count)
      case .latents(var options):
        // Images that the sweep renders are not there yet.
        if let render = plan.renderedImages(of: step) { options.images.render = render }
        work = try Encode(options, path: folder.latents(step.hash), observe: { _ in }).work()
      case .autoencoder(let configuration, _):
        work = try TrainVAE(configuration, observe: { _ in }).work()
      case .refiner(let configuration):
        work = try TrainRefiner(configuration, observe: { _ in }).work().estimate
      case .sample(let configuration), .agreement(let configuration, _):
        work = try Self.sample(configuration, step, networks, plan)
      case .reference(let configuration):
        let render = plan.renderedImages(of: step)
        let count = try render.map { try $0.parameters().classes.count * $0.perClass } ?? 0
        work = try Evaluate(configuration, observe: { _ in }).work(images: count)
      case .evaluation(let configuration):
        var count = 0
        for need in step.needs {
          if case .sample(let sample)? = plan.steps[need]?.work {
            count = sample.sampling.indices?.count ?? sample.sampling.count
          }
        }
        work = try Evaluate(configuration, observe: { _ in }).work(images: count)
        extra = Self.metrics
      case .timing(let cells, let options):
        for cell in cells {
          var configuration = cell.configuration
          configuration.sampling.indices = nil
          configuration.sampling.count = options.batch
          configuration.sampling.batch = options.batch
          let one = try Self.sample(configuration, step, networks, plan).multiplyAdds
          // Each round and the warm-up one of one sample, too; and one for the memory.
          let batches = 1 + Double(options.rounds + 1) * (1 + 1 / Double(options.batch))
          work.multiplyAdds += one * batches
        }
      }
      let samples = [.solution, .agreement, .timing].contains(step.kind)
      let rate = rates[step.kind] ?? rates[samples ? .sample : step.kind] ?? machine
      if rates[step.kind] != nil { measured.insert(step.kind) }
      var line = lines[step.kind] ?? Line()
      line.steps += 1
      line.multiplyAdds += work.multiplyAdds
      line.seconds += work.multiplyAdds / rate + extra
      line.disk += work.disk
      lines[step.kind] = line
    }
  }

  private static func sample(
    _ given: SampleConfiguration, _ step: Step, _ networks: [String: SiTConfiguration],
    _ plan: SweepPlan
  ) throws -> WorkEstimate {
    var configuration = given
    // A decoder that is not there yet has the shape of the one that it begins from.
    for need in step.needs {
      guard case .autoencoder(let training, let initial)? = plan.steps[need]?.work,
        configuration.vae.weights.hasPrefix(training.output)
      else { continue }
      configuration.vae.weights = initial
    }
    let network = step.needs.first { hash in
      guard case .refiner(let training)? = plan.steps[hash]?.work else { return false }
      return configuration.refiner?.weights.hasPrefix(training.output + "/") == true
    }
    return try Sample(configuration, observe: { _ in }).work(
      refinerNetwork: network.flatMap { networks[$0] })
  }

  /// Multiply–adds per second of steps that are done.
  private static func rates(_ records: some Sequence<StepRecord>) -> [Step.Kind: Double] {
    var sums: [Step.Kind: (work: Double, seconds: Double)] = [:]
    for record in records where record.status == .done && record.seconds > 0 {
      guard let work = record.multiplyAdds, work > 0 else { continue }
      let sum = sums[record.kind] ?? (0, 0)
      sums[record.kind] = (sum.work + work, sum.seconds + record.seconds)
    }
    return sums.mapValues { $0.work / $0.seconds }
  }
}

extension SweepPlan {
  /// The rendered images that a step reads.
  fileprivate func renderedImages(of step: Step) -> RenderedSetOptions? {
    for need in step.needs {
      if case .images(let options)? = steps[need]?.work { return options }
    }
    return nil
  }
}
