import Checkpoints
import Models
import Sampling
import TensorGraph
import Testing
import Verification

@Suite struct SiTFixtureTests {
  @Test(arguments: ["sit_tiny", "refiner_tiny"], [TestedExecutor.cpu, .reference])
  func everyIntermediateMatches(name: String, on tested: TestedExecutor) throws {
    let fixture = try Fixture<NetworkDescription>(name)
    let model = try SiT(fixture.configuration.configuration)
    let weights = try WeightFormula(salt: fixture.salt("model")).weights(model.parameters)

    let graph = Graph()
    let velocity = fixture.file.contains("v") ? try graph.input("v", fixture.shape("v")) : nil
    let out = try model(
      graph.input("x", fixture.shape("x")), t: graph.input("t", fixture.shape("t")),
      labels: graph.input("y", fixture.shape("y"), .int32), velocity: velocity,
      observe: { graph.output($0, $1) })
    graph.output("out", out)

    var inputs = try ["x": fixture.tensor("x"), "t": fixture.tensor("t")]
    inputs["y"] = HostTensor(try fixture.labels("y"), shape: try fixture.shape("y"))
    if velocity != nil { inputs["v"] = try fixture.tensor("v") }
    let outputs = try tested.executor.compile(graph, variables: weights, frozen: true).run(inputs)

    let names =
      ["tokens", "t_emb", "c", "out"] + (0..<model.configuration.depth).map { "block\($0)" }
    for name in names { try fixture.expect(name, equals: outputs[name]) }
    try fixture.expect("pos_embed", equals: weights["pos_embed"])
  }

  @Test(arguments: ["sit_tiny", "refiner_tiny"], [TestedExecutor.cpu])
  func guidanceMatches(name: String, on tested: TestedExecutor) throws {
    for scale in [1.5, 4] { try checkGuidance(name: name, scale: scale, on: tested) }
  }

  private func checkGuidance(name: String, scale: Double, on tested: TestedExecutor) throws {
    let fixture = try Fixture<NetworkDescription>(name)
    let model = try SiT(fixture.configuration.configuration)
    let weights = try WeightFormula(salt: fixture.salt("model")).weights(model.parameters)
    let guidance = Guidance(scale: scale, nullClass: model.configuration.classes)

    let graph = Graph()
    let x = try graph.input("x", fixture.shape("cfg_x"))
    let t = try graph.input("t", fixture.shape("cfg_t"))
    let labels = try graph.input("y", fixture.shape("cfg_y"), .int32)
    let velocity =
      fixture.file.contains("cfg_v") ? try graph.input("v", fixture.shape("cfg_v")) : nil
    graph.output(
      "v", try guidance(x) { try model($0, t: t, labels: labels, velocity: velocity) })

    var inputs = try ["x": fixture.tensor("cfg_x"), "t": fixture.tensor("cfg_t")]
    inputs["y"] = HostTensor(try fixture.labels("cfg_y"), shape: try fixture.shape("cfg_y"))
    if velocity != nil { inputs["v"] = try fixture.tensor("cfg_v") }
    let outputs = try tested.executor.compile(graph, variables: weights, frozen: true).run(inputs)
    try fixture.expect(scale == 4 ? "cfg_out/4" : "cfg_out/1.5", equals: outputs["v"])
  }
}
