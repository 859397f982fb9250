import Diagnostics
import Foundation
import Models
import ReferenceExecutor
import TensorGraph
import Testing

@Suite struct FeatureNetworkTests {
  private var tiny: FeatureNetworkConfiguration {
    var configuration = FeatureNetworkConfiguration()
    (configuration.imageSize, configuration.widths) = (16, [4, 8, 8])
    (configuration.normGroups, configuration.featureWidth) = (2, 14)
    (configuration.spatialChannels, configuration.classes) = (2, 3)
    return configuration
  }

  @Test func tracingUsesEveryParameter() throws {
    var deep = tiny
    (deep.imageSize, deep.widths) = (32, [3, 4, 6, 8, 2])
    for configuration in [tiny, deep, FeatureNetworkConfiguration()] {
      let model = try FeatureNetwork(configuration)
      let graph = Graph()
      let side = configuration.imageSize
      let outputs = try model(graph.input("x", [2, 3, side, side]))
      #expect(outputs.features.shape == [2, configuration.featureWidth])
      #expect(outputs.spatial.shape == [2, configuration.spatialWidth])
      #expect(outputs.logits.shape == [2, configuration.classes])
      #expect(outputs.layout.shape == [2, 3, 8, 8])
      #expect(configuration.spatialWidth == side / 8 * side / 8 * configuration.spatialChannels)
      var found: [String: Shape] = [:]
      for node in graph.nodes {
        if case .variable(let name) = node.operation { found[name] = node.results[0].shape }
      }
      try model.parameters.check(found, in: "graph")
      #expect(Set(model.parameters.map(\.path)).count == model.parameters.count)
    }
  }

  /// Numbers of an implementation in NumPy, in double precision, with weights and images
  /// given by sines.
  @Test func valuesAreTheReferences() throws {
    let model = try FeatureNetwork(tiny)
    let graph = Graph()
    let outputs = try model(graph.input("x", [2, 3, 16, 16]))
    graph.output("features", outputs.features)
    graph.output("spatial", outputs.spatial)
    graph.output("logits", outputs.logits)
    graph.output("layout", outputs.layout)
    var weights: [String: [Double]] = [:]
    for (number, parameter) in model.parameters.enumerated() {
      weights[parameter.path] = (0..<parameter.shape.elementCount).map {
        0.4 * sin(1.3 * Double(number) + 0.37 * Double($0))
      }
    }
    let found = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["x": (0..<1536).map { sin(0.11 * Double($0)) }], variables: weights)

    func expect(_ name: String, _ expected: [Double], at places: [Int]? = nil) throws {
      let values = try #require(found[name])
      let chosen = places.map { $0.map { values[$0] } } ?? values
      #expect(chosen.count == expected.count)
      for (a, b) in zip(chosen, expected) { #expect(abs(a - b) < 2e-7, "\(name)") }
    }
    try expect(
      "features",
      [
        -1.172625183934, 0.796653558188, 1.84659772699, 0.942461238577, -0.772424595071,
        -1.19103722, -1.19264095, -1.19524044, -1.65623687, -1.65442582, -1.65150335,
        -6.70501425, -6.70239465, -6.6981719,
        -1.054610097116, 0.822388510363, 1.751154629176, 0.833013655439, -0.772977387446,
        -1.19870751, -1.20286959, -1.20751718, -1.64763051, -1.64301862, -1.63791623,
        -6.69258437, -6.68594302, -6.67861096,
      ])
    try expect(
      "logits",
      [
        1.138352825576, -0.147661446777, -0.507880102292, 1.105555114781, -0.087902105876,
        -0.508020574515,
      ])
    // Channels fastest, as ADM flattens.
    try expect(
      "spatial",
      [
        -0.324889995616, -0.160096936718, -0.35342086275, -0.228806940477, -0.372546847671,
        -0.319619078601, -0.364469077297, -0.347863721461, -0.299078987946, -0.12223591117,
        -0.340174978983, -0.173000257255, -0.361469914326, -0.290104528467, -0.352911420495,
        -0.358166809396,
      ])
    try expect(
      "layout",
      [
        -1.17301168, -0.4207301, 0.65185117, -0.26650006, -0.32504748, -1.11770783, -0.34889029,
      ], at: [0, 1, 8, 64, 191, 192, 383])
  }

  @Test func rules() throws {
    func expectField(
      _ field: String, sourceLocation: SourceLocation = #_sourceLocation,
      _ change: (inout FeatureNetworkConfiguration) -> Void
    ) {
      var configuration = FeatureNetworkConfiguration()
      change(&configuration)
      let error = #expect(throws: InvalidField.self, sourceLocation: sourceLocation) {
        try configuration.validate()
      }
      #expect(error?.field == field, sourceLocation: sourceLocation)
    }
    try FeatureNetworkConfiguration().validate()
    expectField("name") { $0.name = "" }
    expectField("name") { $0.name = "Solids" }
    expectField("name") { $0.name = "a]" }
    expectField("name") { $0.name = String(repeating: "a", count: 65) }
    expectField("widths") { $0.widths = [8, 8] }
    expectField("widths") { $0.widths = [8, 8, 0] }
    expectField("widths") { $0.widths = [8, 8, 8, 12] }
    expectField("imageSize") { $0.imageSize = 56 }
    expectField("imageSize") { $0.imageSize = -64 }
    expectField("imageSize") { $0.imageSize = 4096 }
    expectField("normGroups") { $0.normGroups = 0 }
    expectField("featureWidth") { $0.featureWidth = 9 }
    expectField("classes") { $0.classes = 1 }
    expectField("spatialChannels") { $0.spatialChannels = 97 }
    expectField("spatialChannels") { $0.spatialChannels = 0 }
  }
}
