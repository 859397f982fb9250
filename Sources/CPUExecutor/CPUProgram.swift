import Diagnostics
import Foundation
import TensorGraph

/// A graph bound to memory and kernels for one batch shape. Not for two threads at once.
final class CPUProgram: Program {
  private let arena: UnsafeMutableRawBufferPointer
  private let kernels: [Kernel]
  private let profile: ProgramProfile?
  private let inputs: [(name: String, type: TensorType, pointer: UnsafeMutableRawPointer)]
  private let outputs: [(name: String, type: TensorType, pointer: UnsafeMutableRawPointer)]
  private let assignments:
    [(from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, bytes: Int)]
  /// Kept alive because kernels point into them.
  private let variables: [HostTensor]
  private let constants: [HostTensor]

  init(
    _ graph: Graph, variables storage: [String: HostTensor], frozen: Bool, precision: Precision
  ) throws {
    let layout = try Layout(graph, frozen: frozen, precision: precision)
    let (instructions, lowered, plan) = (layout.instructions, layout.lowered, layout.plan)

    let arena = try Self.allocate(max(plan.arenaBytes, 64))
    // Large pages spare the walks through page tables that streaming kernels are made of.
    madvise(arena.baseAddress, arena.count, 14)
    var isComplete = false
    defer { if !isComplete { free(arena.baseAddress) } }

    var used: [HostTensor] = []
    var constants: [HostTensor] = []
    var roots: [Graph.Value: UnsafeMutableRawPointer] = [:]
    guard let base = arena.baseAddress else { throw ProgramError("no memory for the program") }
    for (value, place) in plan.places {
      let type = graph.type(of: value)
      switch place {
      case .arena(let offset):
        roots[value] = base + offset
      case .variable(let name):
        guard let tensor = storage[name], tensor.type == type,
          let pointer = tensor.bytes.baseAddress
        else {
          throw ProgramError.mismatch(
            "variable", name, expected: type, found: storage[name]?.type)
        }
        used.append(tensor)
        roots[value] = pointer
      case .constant(let id):
        guard case .constant(let constant) = graph[id].operation else { continue }
        let tensor = HostTensor(type)
        let values = constant.values
        for i in tensor.floats.indices {
          tensor.floats[i] = values.count == 1 ? values[0] : values[i]
        }
        constants.append(tensor)
        roots[value] = tensor.bytes.baseAddress
      }
    }
    func pointer(_ value: Graph.Value) throws -> UnsafeMutableRawPointer {
      guard let location = plan.locations[value], let root = roots[location.root] else {
        throw ProgramError("value of \(graph[value.node].operation.name) has no memory")
      }
      return root + location.byteOffset
    }

    var kernels: [Kernel] = []
    var profile = ProgramProfile(precision)
    for (position, instruction) in instructions.enumerated() {
      kernels += try lowered[position].bind(
        Lowered.Binding(
          operands: instruction.operands.map(pointer),
          results: instruction.results.map(pointer),
          operandFormats: instruction.operands.map(layout.formats.format),
          resultFormats: instruction.results.map(layout.formats.format),
          scratch: plan.scratch[position].map { base + $0 }))
      profile?.add(instruction, graph, end: kernels.count)
    }
    inputs = try layout.schedule.order.compactMap { id in
      guard case .input(let name) = graph[id].operation else { return nil }
      return (name, graph[id].results[0], try pointer(Graph.Value(node: id, result: 0)))
    }
    outputs = try graph.outputs.map { ($0.name, graph.type(of: $0.value), try pointer($0.value)) }

    // Assignments are copies after the run; a value that lies in a variable which is
    // itself assigned is saved first.
    let assigned = Set(graph.assignments.map(\.variable))
    var copies: [(from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, bytes: Int)] = []
    for (index, assignment) in graph.assignments.enumerated()
    where !plan.inPlaceAssignments.contains(index) {
      var from = try pointer(assignment.value)
      let type = graph.type(of: assignment.value)
      if let root = plan.locations[assignment.value]?.root, assigned.contains(root) {
        let saved = HostTensor(type)
        constants.append(saved)
        if let target = saved.bytes.baseAddress {
          let source = from
          kernels.append { target.copyMemory(from: source, byteCount: type.byteCount) }
          from = target
        }
      }
      copies.append((from, try pointer(assignment.variable), type.byteCount))
    }
    assignments = copies
    self.kernels = kernels
    self.profile = profile
    self.arena = arena
    self.variables = used
    self.constants = constants
    isComplete = true
  }

  deinit { free(arena.baseAddress) }

  /// Swift's own allocation would end the process where there is no memory.
  private static func allocate(_ bytes: Int) throws -> UnsafeMutableRawBufferPointer {
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, 1 << 21, bytes) == 0, let pointer else {
      throw InputError(
        "memory", expected: "\(bytes) bytes for the values of a program", found: "no such room",
        remedy: "lower the batch size")
    }
    return UnsafeMutableRawBufferPointer(start: pointer, count: bytes)
  }

  func run(_ given: [String: HostTensor]) throws -> [String: HostTensor] {
    for input in inputs {
      guard let tensor = given[input.name], tensor.type == input.type,
        let source = tensor.bytes.baseAddress
      else {
        throw ProgramError.mismatch(
          "input", input.name, expected: input.type, found: given[input.name]?.type)
      }
      input.pointer.copyMemory(from: source, byteCount: input.type.byteCount)
    }
    if let profile {
      try profile.run(kernels)
    } else {
      for kernel in kernels { try kernel() }
    }
    var results: [String: HostTensor] = [:]
    for output in outputs {
      let tensor = HostTensor(output.type)
      tensor.bytes.baseAddress?.copyMemory(
        from: output.pointer, byteCount: output.type.byteCount)
      results[output.name] = tensor
    }
    // After the outputs, which may be variables as they were before the run.
    for copy in assignments { copy.to.copyMemory(from: copy.from, byteCount: copy.bytes) }
    return results
  }
}

extension CPUProgram {
  /// What is known of a program before it gets memory.
  struct Layout {
    let schedule: Schedule
    let instructions: [Instruction]
    let formats: FormatPlan
    let lowered: [Lowered]
    let plan: StoragePlan

    /// - Parameter joined: whether neighbours that one kernel serves are joined.
    init(_ graph: Graph, frozen: Bool, precision: Precision, joined: Bool = true) throws {
      let schedule = Schedule(graph)
      let instructions =
        joined ? Instruction.list(graph, schedule) : Instruction.single(graph, schedule)
      try Self.checkSizes(instructions.flatMap(\.results).map { graph.type(of: $0) })
      let formats = FormatPlan(graph, schedule, instructions, precision)
      let assigned = Set(graph.assignments.map(\.variable))

      /// Whether a value is, or is a view into, a variable that will never change.
      func isFrozen(_ value: Graph.Value) -> Bool {
        let node = graph[value.node]
        if case .variable = node.operation { return frozen && !assigned.contains(value) }
        return View(node, graph).map { isFrozen($0.source) } ?? false
      }
      let lowered = try instructions.map { instruction in
        try Lowered.lower(
          instruction.work,
          operands: instruction.operands.map {
            Lowered.Argument(
              type: graph.type(of: $0), format: formats.format(of: $0), isFrozen: isFrozen($0))
          },
          results: instruction.results.map {
            Lowered.Argument(type: graph.type(of: $0), format: formats.format(of: $0))
          }, precision)
      }
      plan = StoragePlan(graph, schedule, instructions, lowered, formats)
      self.schedule = schedule
      self.instructions = instructions
      self.formats = formats
      self.lowered = lowered
    }

    /// - Throws: `ProgramError` for values that no machine has room for: counting their bytes
    ///   could overflow, oneDNN, which counts rows in 32 bits, would divide by 0, and a primitive
    ///   for each of a million sequences would take the memory before any value does.
    private static func checkSizes(_ types: [TensorType]) throws {
      if let type = types.first(where: { $0.shape.rowCount > Int(Int32.max) }) {
        throw ProgramError("a value \(type) has more rows than can be computed with")
      }
      let bytes = types.reduce(0.0) { $0 + 8 * Double($1.shape.elementCount) }
      guard bytes < 0x1p43 else {
        throw ProgramError("its values would take \(bytes / 2) bytes in all")
      }
    }
  }
}
