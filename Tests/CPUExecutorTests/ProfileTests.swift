import CPUExecutor
import Diagnostics
import TensorGraph
import Testing

@Suite struct ProfileTests {
  /// y = gelu(x·wᵀ) + 1, two operations.
  private func program() throws -> any Program {
    let graph = Graph()
    let x = try graph.input("x", [4, 8])
    let y = try x.linear(weight: graph.variable("w", [6, 8]), bias: nil).gelu()
    graph.output("y", try y + 1)
    return try CPUExecutor().compile(graph, variables: ["w": ramp([6, 8])], frozen: true)
  }

  private func ramp(_ shape: Shape) -> HostTensor {
    HostTensor((0..<shape.elementCount).map { Float($0 % 7) - 3 }, shape: shape)
  }

  @Test func operationsAreCountedByNameAndShape() throws {
    let profile = Profile()
    let profiled = try Profile.$current.withValue(profile) { try program() }
    let inputs = ["x": ramp([4, 8])]
    let plain = try program().run(inputs)["y"]?.array()
    // A program remembers the profile that it was compiled under.
    for _ in 0..<4 {
      let result = try profiled.run(inputs)["y"]?.array()
      #expect(result != nil)
      #expect(result == plain)
    }

    let operations = profile.totals.filter { $0.kind.category == .operation }
    #expect(Set(operations.map(\.kind.name)) == ["linear, gelu", "add"])
    let found = operations.first { $0.kind.name == "linear, gelu" }
    let linear = try #require(found)
    #expect(linear.calls == 4)
    #expect(linear.kind.multiplyAdds == 4 * 6 * 8)
    #expect(linear.kind.detail == "[4, 8] [6, 8]")
    #expect(linear.seconds > 0)
    let phases = profile.totals.filter { $0.kind.category == .phase }
    #expect(phases.map(\.kind.name) == ["compile"])
    #expect(phases.map(\.calls) == [1])
  }

  @Test func withoutAProfileNothingIsCounted() throws {
    let profile = Profile()
    let plain = try program()
    try Profile.$current.withValue(profile) { _ = try plain.run(["x": ramp([4, 8])]) }
    #expect(profile.totals.isEmpty)
  }

  @Test func phasesCountWhatThrows() {
    struct Failure: Error {}
    let profile = Profile()
    Profile.$current.withValue(profile) {
      #expect(throws: Failure.self) { try Profile.phase("outer") { throw Failure() } }
      Profile.phase("outer") { Profile.phase("inner") {} }
    }
    let calls = Dictionary(uniqueKeysWithValues: profile.totals.map { ($0.kind.name, $0.calls) })
    #expect(calls == ["outer": 2, "inner": 1])
    let (kinds, spans) = profile.events
    // In the order in which they ended, the inner one within the outer.
    let names = spans.map { kinds[$0.kind].name }
    #expect(names == ["outer", "inner", "outer"])
    #expect(spans[1].start >= spans[2].start)
    #expect(spans[1].end <= spans[2].end)
  }

  @Test func spansAreKeptUpToALimit() {
    let profile = Profile(eventLimit: 2)
    for _ in 0..<5 { profile.phase("again") {} }
    #expect(profile.events.spans.count == 2)
    #expect(profile.totals.first?.calls == 5)
  }
}
