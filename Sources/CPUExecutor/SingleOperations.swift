import Foundation
import TensorGraph

/// A graph run operation by operation: the kernels of `CPUProgram`, but none joined with
/// its neighbours, every value in memory of its own, weights read as they are given. Kernels
/// are looked up once and bound at every run, as frameworks do that keep no program.
final class SingleOperations: Program {
  private let graph: Graph
  private let layout: CPUProgram.Layout
  private let variables: [String: HostTensor]
  private var constants: [Graph.NodeID: HostTensor] = [:]
  /// After which instruction a place is read no more; `instructions.count` for outputs.
  private var lastUse: [Graph.Value: Int] = [:]

  /// - Throws: `ProgramError` for a graph that assigns variables: a training step, which is
  ///   compiled whole.
  init(_ graph: Graph, variables storage: [String: HostTensor], precision: Precision) throws {
    guard graph.assignments.isEmpty else {
      throw ProgramError("a graph that assigns variables is compiled whole")
    }
    self.graph = graph
    layout = try CPUProgram.Layout(graph, frozen: false, precision: precision, joined: false)
    variables = storage
    for id in layout.schedule.order {
      switch graph[id].operation {
      case .variable(let name):
        let type = graph[id].results[0]
        guard storage[name]?.type == type else {
          throw ProgramError.mismatch(
            "variable", name, expected: type, found: storage[name]?.type)
        }
      case .constant(let constant):
        let tensor = HostTensor(graph[id].results[0])
        let values = constant.values
        for i in tensor.floats.indices {
          tensor.floats[i] = values.count == 1 ? values[0] : values[i]
        }
        constants[id] = tensor
      default: continue
      }
    }
    for (position, instruction) in layout.instructions.enumerated() {
      for value in instruction.operands + instruction.results {
        if let root = layout.plan.locations[value]?.root { lastUse[root] = position }
      }
    }
    for (_, value) in graph.outputs {
      if let root = layout.plan.locations[value]?.root {
        lastUse[root] = layout.instructions.count
      }
    }
  }

  /// Memory that is freed with the last who knows it.
  private final class Memory {
    let start: UnsafeMutableRawPointer

    init(_ bytes: Int) {
      start = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
    }

    deinit { start.deallocate() }
  }

  func run(_ given: [String: HostTensor]) throws -> [String: HostTensor] {
    var owned: [Graph.Value: Memory] = [:]
    func root(_ value: Graph.Value) throws -> UnsafeMutableRawPointer {
      if let memory = owned[value] { return memory.start }
      let tensor: HostTensor?
      switch graph[value.node].operation {
      case .variable(let name): tensor = variables[name]
      case .constant: tensor = constants[value.node]
      case .input(let name): tensor = given[name]
      default: tensor = nil
      }
      guard let start = tensor?.bytes.baseAddress else {
        throw ProgramError("value of \(graph[value.node].operation.name) has no memory")
      }
      return start
    }
    func pointer(_ value: Graph.Value) throws -> UnsafeMutableRawPointer {
      guard let location = layout.plan.locations[value] else {
        throw ProgramError("value of \(graph[value.node].operation.name) has no place")
      }
      return try root(location.root) + location.byteOffset
    }

    for id in layout.schedule.order {
      guard case .input(let name) = graph[id].operation else { continue }
      let (type, value) = (graph[id].results[0], Graph.Value(node: id, result: 0))
      guard given[name]?.type == type else {
        throw ProgramError.mismatch("input", name, expected: type, found: given[name]?.type)
      }
      // Inputs that are stored rounded are rounded by who reads them: all are float32.
      guard layout.formats.format(of: value) == .full else {
        throw ProgramError("input \(name) is not stored as float32")
      }
    }
    try withExtendedLifetime(given) {
      for (position, instruction) in layout.instructions.enumerated() {
        for result in instruction.results {
          let bytes = layout.formats.format(of: result).byteCount(graph.type(of: result))
          owned[result] = Memory(bytes)
        }
        let scratch = layout.lowered[position].scratch.map { Memory($0) }
        let kernels = try layout.lowered[position].bind(
          Lowered.Binding(
            operands: instruction.operands.map(pointer),
            results: instruction.results.map(pointer),
            operandFormats: instruction.operands.map(layout.formats.format),
            resultFormats: instruction.results.map(layout.formats.format),
            scratch: scratch.map(\.start)))
        try withExtendedLifetime(scratch) { for kernel in kernels { try kernel() } }
        for value in Set(instruction.operands + instruction.results) {
          guard let root = layout.plan.locations[value]?.root, lastUse[root] == position else {
            continue
          }
          owned[root] = nil
        }
      }
    }
    var results: [String: HostTensor] = [:]
    for (name, value) in graph.outputs {
      let tensor = HostTensor(graph.type(of: value))
      let source = try pointer(value)
      tensor.bytes.baseAddress?.copyMemory(from: source, byteCount: tensor.type.byteCount)
      results[name] = tensor
    }
    return results
  }
}
