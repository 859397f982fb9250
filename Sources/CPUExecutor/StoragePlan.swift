import TensorGraph

/// Where every value of a program lies: in a variable, in a constant, or in one
/// arena whose places are used again as soon as their values are dead.
struct StoragePlan {
  enum Place {
    case variable(String)
    case constant(Graph.NodeID)
    case arena(offset: Int)
  }

  /// A value's memory: a place and an offset within it.
  struct Location {
    var root: Graph.Value
    var byteOffset: Int
  }

  private(set) var locations: [Graph.Value: Location] = [:]
  private(set) var places: [Graph.Value: Place] = [:]
  /// Offset of each instruction's scratch areas.
  private(set) var scratch: [[Int]] = []
  private(set) var arenaBytes = 0
  /// Assignments whose value is computed right where the variable lies.
  private(set) var inPlaceAssignments: Set<Int> = []

  init(
    _ graph: Graph, _ schedule: Schedule, _ instructions: [Instruction], _ lowered: [Lowered],
    _ formats: FormatPlan
  ) {
    func byteCount(_ value: Graph.Value) -> Int {
      formats.format(of: value).byteCount(graph.type(of: value))
    }
    var computed: Set<Graph.Value> = []
    for instruction in instructions { computed.formUnion(instruction.results) }

    // Views share the memory of what they look at.
    for id in schedule.order {
      let node = graph[id]
      for result in node.results.indices {
        let value = Graph.Value(node: id, result: result)
        if !computed.contains(value), let view = View(node, graph),
          let source = locations[view.source]
        {
          locations[value] = Location(
            root: source.root,
            byteOffset: source.byteOffset + view.offset * formats.format(of: value).elementBytes)
        } else {
          locations[value] = Location(root: value, byteOffset: 0)
        }
      }
    }

    // Until when each root is needed, in instructions.
    let end = instructions.count
    var lastUse: [Graph.Value: Int] = [:]
    func extend(_ value: Graph.Value, to position: Int) {
      guard let root = locations[value]?.root else { return }
      lastUse[root] = max(lastUse[root] ?? position, position)
    }
    for (position, instruction) in instructions.enumerated() {
      for operand in instruction.operands { extend(operand, to: position) }
      for result in instruction.results { extend(result, to: position) }
    }
    for (_, value) in graph.outputs { extend(value, to: end) }
    for assignment in graph.assignments { extend(assignment.value, to: end) }

    // A value assigned to a variable may be computed in place, if the step that
    // computes it is the last to read the variable.
    var assignedAt: [Graph.Value: (index: Int, variable: Graph.Value)] = [:]
    for (index, assignment) in graph.assignments.enumerated() {
      assignedAt[assignment.value] = (index, assignment.variable)
    }

    var arena = Arena()
    var expiring = [[Graph.Value]](repeating: [], count: end + 1)
    var sizes: [Graph.Value: Int] = [:]
    func allocate(_ value: Graph.Value, until position: Int) {
      let bytes = byteCount(value)
      let offset = arena.take(bytes)
      places[value] = .arena(offset: offset)
      sizes[value] = bytes
      expiring[position].append(value)
    }

    for id in schedule.order {
      let value = Graph.Value(node: id, result: 0)
      switch graph[id].operation {
      case .input: allocate(value, until: end)
      case .variable(let name): places[value] = .variable(name)
      case .constant: places[value] = .constant(id)
      default: break
      }
    }

    for (position, instruction) in instructions.enumerated() {
      for (slot, result) in instruction.results.enumerated() {
        if let (index, variable) = assignedAt[result],
          let operand = lowered[position].inPlace[slot],
          instruction.operands[operand] == variable, lastUse[variable] == position,
          // Another operand may be a part of the variable.
          instruction.operands.filter({ locations[$0]?.root == variable }).count == 1,
          case .variable(let name)? = places[variable]
        {
          places[result] = .variable(name)
          inPlaceAssignments.insert(index)
          continue
        }
        // A dying operand's memory may take the result.
        if let operand = lowered[position].inPlace[slot] {
          let source = locations[instruction.operands[operand]]
          if let source, source.byteOffset == 0, lastUse[source.root] == position,
            case .arena(let offset)? = places[source.root], let bytes = sizes[source.root],
            bytes == byteCount(result),
            let listed = expiring[position].firstIndex(of: source.root),
            instruction.operands.filter({ locations[$0]?.root == source.root }).count == 1
          {
            expiring[position].remove(at: listed)
            places[result] = .arena(offset: offset)
            sizes[result] = bytes
            expiring[lastUse[result] ?? position].append(result)
            continue
          }
        }
        allocate(result, until: lastUse[result] ?? position)
      }
      let areas = lowered[position].scratch.map { (offset: arena.take($0), bytes: $0) }
      scratch.append(areas.map(\.offset))
      for area in areas { arena.give(back: area.offset, area.bytes) }
      for value in expiring[position] {
        if case .arena(let offset)? = places[value], let bytes = sizes[value] {
          arena.give(back: offset, bytes)
        }
      }
    }
    arenaBytes = arena.extent
  }
}

/// Best-fit allocation of offsets; neighbouring free areas are joined.
private struct Arena {
  private var free: [(offset: Int, bytes: Int)] = []
  private(set) var extent = 0

  private func rounded(_ bytes: Int) -> Int { max(64, (bytes + 63) & ~63) }

  mutating func take(_ requested: Int) -> Int {
    let bytes = rounded(requested)
    var best: Int?
    for (index, area) in free.enumerated() where area.bytes >= bytes {
      if best.map({ area.bytes < free[$0].bytes }) ?? true { best = index }
    }
    if let best {
      let offset = free[best].offset
      if free[best].bytes == bytes {
        free.remove(at: best)
      } else {
        free[best] = (offset + bytes, free[best].bytes - bytes)
      }
      return offset
    }
    // The last free area grows, if it ends where the arena does.
    if let last = free.last, last.offset + last.bytes == extent {
      free.removeLast()
      extent = last.offset + bytes
      return last.offset
    }
    defer { extent += bytes }
    return extent
  }

  mutating func give(back offset: Int, _ requested: Int) {
    let bytes = rounded(requested)
    let index = free.firstIndex { $0.offset > offset } ?? free.count
    free.insert((offset, bytes), at: index)
    if index + 1 < free.count, offset + bytes == free[index + 1].offset {
      free[index].bytes += free.remove(at: index + 1).bytes
    }
    if index > 0, free[index - 1].offset + free[index - 1].bytes == offset {
      free[index - 1].bytes += free.remove(at: index).bytes
    }
  }
}
