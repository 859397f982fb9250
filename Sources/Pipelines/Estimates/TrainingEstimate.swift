import CPUExecutor
import Models
import TensorGraph
import Training

/// What a training will take, from its shapes alone.
struct TrainingEstimate {
  let parameters: [Parameter]
  let loss: any TrainingLoss
  let options: TrainingOptions
  let precision: Precision
  /// Of networks that are not trained.
  var frozen: [Parameter] = []
  /// Rows of the caller's own, such as the cost of one forward.
  var rows: [[String]] = []

  /// Bytes needed in all.
  func memory() throws -> Int {
    let parts = try memoryParts(graph())
    return parts.state + parts.batches + parts.program
  }

  private func graph() throws -> Graph {
    try options.validate()
    return try checkingSizes {
      try TrainingStep.graph(
        loss: loss, parameters: parameters, batch: options.batch,
        accumulation: options.accumulation, optimizer: options.optimizer
      ).graph
    }
  }

  /// Bytes of weights and optimiser, of batches and of the step program.
  private func memoryParts(_ graph: Graph) throws -> (state: Int, batches: Int, program: Int) {
    // Weights, two moments and an average of each trained value; weights and an average
    // of each other one.
    let trained = parameters.filter(\.isTrainable).valueCount
    return (
      4 * (4 * trained + 2 * (parameters.valueCount - trained) + frozen.valueCount),
      2 * loss.inputs.reduce(0) { $0 + $1.type(options.batch).byteCount },
      try checkingSizes {
        try CPUExecutor.workingMemory(of: graph, frozen: false, precision: precision)
      }
    )
  }

  /// Of the whole training.
  func multiplyAdds() throws -> Double { try graph().multiplyAdds * Double(options.steps) }

  func table() throws -> [[String]] {
    let graph = try graph()
    let rate = try MachineRate.measure(precision)
    let work = graph.multiplyAdds
    let trained = parameters.filter(\.isTrainable).valueCount
    let memory = try memoryParts(graph)

    var table = [["estimate", "value"], ["precision", precision.rawValue]]
    table.append(["parameters", "\(parameters.valueCount)"])
    if trained != parameters.valueCount { table.append(["parameters trained", "\(trained)"]) }
    if !frozen.isEmpty { table.append(["parameters of the teacher", "\(frozen.valueCount)"]) }
    table += rows
    table += [
      ["multiply-adds per step", Amounts.count(work)],
      ["memory: weights and optimiser", Amounts.bytes(memory.state)],
      ["memory: batches", Amounts.bytes(memory.batches)],
      ["memory: step program", Amounts.bytes(memory.program)],
      ["machine: multiply-adds per second", Amounts.count(rate.multiplyAdds)],
      [
        "time for \(options.steps) steps, about",
        Amounts.duration(rate.seconds(work) * Double(options.steps)),
      ],
    ]
    return table
  }
}
