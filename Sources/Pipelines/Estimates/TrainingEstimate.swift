import CPUExecutor
import Models
import TensorGraph
import Training

/// What a training will take, from its shapes alone.
struct TrainingEstimate {
  let parameters: [Parameter]
  let loss: any TrainingLoss
  let options: TrainingOptions
  /// Of networks that are not trained.
  var frozen: [Parameter] = []
  /// Rows of the caller's own, such as the cost of one forward.
  var rows: [[String]] = []

  func table() throws -> [[String]] {
    try options.validate()
    let graph = try TrainingStep.graph(
      loss: loss, parameters: parameters, batch: options.batch,
      accumulation: options.accumulation, optimizer: options.optimizer
    ).graph
    let rate = try MachineRate.measure()
    let work = graph.multiplyAdds

    // Weights, two moments and an average of each trained value; weights and an average
    // of each other one.
    let trained = parameters.filter(\.isTrainable).valueCount
    let state = 4 * (4 * trained + 2 * (parameters.valueCount - trained) + frozen.valueCount)
    let batches = 2 * loss.inputs.reduce(0) { $0 + $1.type(options.batch).byteCount }
    let arena = try CPUExecutor.workingMemory(of: graph, frozen: false)

    var table = [["estimate", "value"]]
    table.append(["parameters", "\(parameters.valueCount)"])
    if trained != parameters.valueCount { table.append(["parameters trained", "\(trained)"]) }
    if !frozen.isEmpty { table.append(["parameters of the teacher", "\(frozen.valueCount)"]) }
    table += rows
    table += [
      ["multiply-adds per step", Amounts.count(work)],
      ["memory: weights and optimiser", Amounts.bytes(state)],
      ["memory: batches", Amounts.bytes(batches)],
      ["memory: step program", Amounts.bytes(arena)],
      ["machine: multiply-adds per second", Amounts.count(rate.multiplyAdds)],
      [
        "time for \(options.steps) steps, about",
        Amounts.duration(rate.seconds(work) * Double(options.steps)),
      ],
    ]
    return table
  }
}
