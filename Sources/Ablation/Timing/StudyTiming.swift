import Diagnostics
import Pipelines

/// Times the cells of a study: all take turns in every round, so that whatever else the machine
/// does hits all alike.
struct StudyTiming {
  let cells: [Step.TimedCell]
  let options: TimingOptions
  let observe: PipelineObserver
  let shouldStop: @Sendable () -> Bool

  /// - Throws: `Stopped` where the user asked for it; a timing is then begun again.
  func run() throws -> [CellTiming] {
    let shelf = NetworkShelf()
    var timings = cells.map { CellTiming(cell: $0.name, batch: options.batch) }
    var samplers: [SamplerTiming?] = []
    let total = (options.rounds + 2) * cells.count
    func check(_ done: Int) throws {
      if shouldStop() { throw Stopped("stopped while timing: repeat the command with --resume") }
      observe(.progress(stage: "time", done: done, total: total, detail: "cells"))
    }
    // Each cell alone, before any of them stays in memory; the first one twice, as what libraries
    // keep for good is no cell's. What fails here fails below, too.
    for index in Array(cells.indices.prefix(1)) + Array(cells.indices) {
      try check(index)
      timings[index].measuredMemory = try? SamplerTiming.measuredMemory(
        cells[index].configuration, batch: options.batch)
    }
    // Programs are compiled, and memory touched, before anything counts.
    for index in cells.indices {
      try check(cells.count + index)
      do {
        let sampler = try SamplerTiming(
          cells[index].configuration, batch: options.batch, shelf: shelf, observe: { _ in })
        let runs = try [1, options.batch].map { try sampler.run(batch: $0) }
        timings[index].compiling = runs.reduce(0) { $0 + $1.compiling }
        timings[index].warmUp = runs.reduce(0) { $0 + $1.sampling }
        timings[index].memory = sampler.predictedMemory
        samplers.append(sampler)
      } catch let stop as Stopped {
        throw stop
      } catch {
        timings[index].error = "\(error)"
        samplers.append(nil)
      }
    }
    for round in 0..<options.rounds {
      for (index, sampler) in samplers.enumerated() {
        try check((round + 2) * cells.count + index)
        guard let sampler, timings[index].error == nil else { continue }
        do {
          let single = try sampler.run(batch: 1)
          let batch = try sampler.run(batch: options.batch)
          timings[index].rounds.append(
            .init(single: single.sampling, batch: batch.sampling, decoding: single.decoding))
        } catch {
          timings[index].error = "\(error)"
        }
      }
    }
    for (index, sampler) in samplers.enumerated() {
      guard let sampler else { continue }
      timings[index].multiplyAdds = try sampler.multiplyAdds(batch: options.batch)
      timings[index].predictorEvaluations = sampler.evaluations.predictor
      timings[index].refinerEvaluations = sampler.evaluations.refiner
    }
    observe(.progress(stage: "time", done: total, total: total, detail: "cells"))
    return timings
  }
}
