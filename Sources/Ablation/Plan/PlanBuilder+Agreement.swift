import CPUExecutor
import Pipelines
import Sampling

extension PlanBuilder {
  /// How far a cell's latents are from the solution's; nil where nobody asks for it, and where
  /// the plan adds noise of its own, so that there is no solution of the same noise.
  func agreement(
    _ cell: CellConfiguration, of planned: PlannedSample, title: String
  ) throws -> String? {
    guard let options = configuration.agreement, !cell.sample.sampling.plan.isStochastic else {
      return nil
    }
    var sample = planned.configuration.latentsAlone(first: options.count, batch: options.batch)
    // Nothing is decoded: what the cell's own decoder is does not matter.
    sample.vae = cell.sample.vae
    let ignored = ["write", "predictor.weights", "refiner.weights", "vae"]

    var exact = sample
    exact.refiner = nil
    // What a cell's precision costs is in its distance.
    exact.precision = .float32
    exact.sampling.plan = options.reference
    exact.sampling.refinerVariant = .block
    exact.sampling.compilation = .whole
    exact.sampling.solver = SolverSettings()
    let predictor = planned.networks.filter { $0.key == "predictor weights" }
    let solution = add(
      .solution,
      try settings(exact, ignoring: ignored, inputs: predictor, exact.precision), needs: [],
      title: "solution by \(options.reference), seed \(exact.seed)"
    ) { hash in
      exact.output = folder.run(hash)
      return .sample(exact)
    }
    var inputs = planned.networks
    inputs["solution"] = "step \(solution)"
    return add(
      .agreement, try settings(sample, ignoring: ignored, inputs: inputs, sample.precision),
      needs: [planned.refiner, solution], title: title
    ) { hash in
      sample.output = folder.run(hash)
      return .agreement(sample, solution: folder.run(solution))
    }
  }
}
