import Models
import TensorGraph
import Testing
import Verification

@Suite struct AutoencoderFixtureTests {
  @Test(arguments: [TestedExecutor.cpu])
  func momentsAndImagesMatch(on tested: TestedExecutor) throws {
    let fixture = try Fixture<AutoencoderDescription>("vae_tiny")
    let model = try AutoencoderKL(fixture.configuration.configuration)
    let weights = try WeightFormula(salt: fixture.salt("model")).weights(model.parameters)

    let graph = Graph()
    let images = try graph.input("x", fixture.shape("x"))
    graph.output("encoder_out", try model.encoder(images))
    let posterior = try model.encode(images)
    graph.output("mean", posterior.mean)
    graph.output("logvar", posterior.logVariance)
    graph.output("decoded", try model.decode(graph.input("z", fixture.shape("z"))))

    let outputs = try tested.executor.compile(graph, variables: weights, frozen: true)
      .run(["x": fixture.tensor("x"), "z": fixture.tensor("z")])
    for name in ["encoder_out", "mean", "logvar", "decoded"] {
      try fixture.expect(name, equals: outputs[name])
    }
  }
}
