import CPUExecutor
import TensorGraph

/// A row of the table: some work of the toolkit in one precision or several.
struct Row {
  /// What `--only` takes.
  let name: String
  let title: String
  /// Images, rows or samples that one run yields.
  let count: Int
  /// Share of the peak that is aimed at, by precision.
  var targets: [Precision: Double] = [:]
  /// Whether the row's products run in the executor, in any precision, or in float64 elsewhere.
  var isGraph = true
  /// Long rows are left out unless asked for.
  var isLong = false
  let plan: (Precision) throws -> Plan

  var precisions: [Precision] { isGraph ? Precision.measured : [.float32] }
}

/// A row's graph and weights in memory, not compiled yet.
struct Plan {
  /// Multiply–adds of one run, counted from the graph.
  let multiplyAdds: Double
  /// Nodes of the graph: a count that must not grow unnoticed.
  var nodes = 0
  var nodeLimit = 0
  /// Bytes of the weights as they are given, and of the arena as it is predicted.
  var weightBytes = 0
  var arenaBytes = 0
  /// Binds the graph to memory and packs its weights.
  let compile: () throws -> Work
}

/// Something to run again and again.
struct Work {
  /// A piece of the whole that is measured by itself: `count` of them are in one run.
  struct Part {
    let name: String
    let count: Int
    let run: () throws -> Void
  }

  var parts: [Part] = []
  let run: () throws -> Void
}

extension Plan {
  /// A graph that is compiled with frozen weights and fed `inputs`.
  init(
    _ graph: Graph, variables: [String: HostTensor], inputs: [String: HostTensor],
    nodeLimit: Int, precision: Precision
  ) throws {
    self.init(
      multiplyAdds: graph.multiplyAdds, nodes: graph.nodes.count, nodeLimit: nodeLimit,
      weightBytes: variables.values.reduce(0) { $0 + $1.type.byteCount },
      arenaBytes: try precision.workingMemory(of: graph)
    ) {
      let program = try precision.executor.compile(graph, variables: variables, frozen: true)
      return Work { _ = try program.run(inputs) }
    }
  }
}
