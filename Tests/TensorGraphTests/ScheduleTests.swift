import TensorGraph
import Testing

struct ScheduleTests {
  @Test func leavesOutWhatNothingNeeds() throws {
    let graph = Graph()
    let x = try graph.input("x", [2])
    let unused = try graph.input("unused", [2])
    _ = try unused.exponential()
    let y = try x.sine()
    _ = try y.cosine()
    graph.output("y", y)
    #expect(Schedule(graph).order == [x.value.node, y.value.node])
  }

  @Test func keepsWhatAssignmentsNeed() throws {
    let graph = Graph()
    let x = try graph.input("x", [2])
    let w = try graph.variable("w", [2])
    let y = try x.sine()
    try graph.assign(w, y)
    let schedule = Schedule(graph)
    #expect(schedule.order == [x, w, y].map(\.value.node))
    #expect(schedule.lastUse[y.value] == 3)
    #expect(schedule.lastUse[x.value] == 2)
  }

  @Test func knowsWhereValuesAreReadLast() throws {
    let graph = Graph()
    let x = try graph.input("x", [2])  // 0
    let a = try x.sine()  // 1
    let b = try a.cosine()  // 2
    let c = try a + b  // 3
    let d = try b * c  // 4
    graph.output("d", d)
    graph.output("a", a)
    let schedule = Schedule(graph)
    #expect(schedule.lastUse[x.value] == 1)
    #expect(schedule.lastUse[b.value] == 4)
    #expect(schedule.lastUse[c.value] == 4)
    #expect(schedule.lastUse[d.value] == 5)
    #expect(schedule.lastUse[a.value] == 5)  // read at 3, but an output
  }

  @Test func runsOperandsFirst() throws {
    let graph = Graph()
    let x = try graph.input("x", [3, 4])
    let w = try graph.variable("w", [5, 4])
    let loss = try x.linear(weight: w, bias: nil).gelu().sum()
    graph.output("gradient", try loss.gradients(withRespectTo: [w])[0])
    let schedule = Schedule(graph)
    var done: Set<Graph.NodeID> = []
    for id in schedule.order {
      #expect(graph[id].operands.allSatisfy { done.contains($0.node) })
      done.insert(id)
    }
  }
}
