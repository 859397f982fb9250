import Diagnostics
import Models
import TensorGraph
import Testing

/// FID's Inception: its tensors and their folding. Its numbers are the Verification tests'.
@Suite struct InceptionTests {
  private let model: InceptionV3
  private static let checkpoint = Result { try InceptionV3().parameters.initialised(seed: 1) }
  /// Tensors that no test may write into.
  private let checkpoint: [String: HostTensor]

  init() throws {
    model = try InceptionV3()
    checkpoint = try Self.checkpoint.get()
  }

  private var shapes: [String: Shape] {
    Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.path, $0.shape) })
  }

  private func features(_ wanted: Set<InceptionV3.Feature>, in graph: Graph, side: Int = 299)
    throws -> [InceptionV3.Feature: Tensor]
  {
    let features = try model(graph.input("images", [2, side, side, 3]), wanted)
    for (feature, tensor) in features { graph.output(feature.rawValue, tensor) }
    return features
  }

  /// Counted in pytorch-fid's state dict.
  @Test func parametersAreTheCheckpoints() {
    #expect(model.parameters.count == 566)
    #expect(shapes.count == 566)
    #expect(model.parameters.valueCount == 23_885_486)
    #expect(shapes["Conv2d_1a_3x3.conv.weight"] == [32, 3, 3, 3])
    #expect(shapes["Mixed_5c.branch5x5_2.conv.weight"] == [64, 48, 5, 5])
    #expect(shapes["Mixed_6b.branch7x7_2.conv.weight"] == [128, 128, 1, 7])
    #expect(shapes["Mixed_6b.branch7x7dbl_2.conv.weight"] == [128, 128, 7, 1])
    #expect(shapes["Mixed_7a.branch7x7x3_4.bn.running_var"] == [192])
    #expect(shapes["Mixed_7c.branch3x3dbl_3b.bn.num_batches_tracked"] == [])
    #expect(shapes["fc.weight"] == [1008, 2048])
  }

  /// Old files lack the counts of training steps; torchvision's own have one classifier more.
  @Test func loadingIsStrictButForCounts() throws {
    try model.parameters.check(shapes, in: "new")
    let old = shapes.filter { !$0.key.hasSuffix("num_batches_tracked") }
    #expect(old.count == 472)
    try model.parameters.check(old, in: "old")
    var other = shapes
    other["AuxLogits.fc.weight"] = [1000, 768]
    other["fc.bias"] = [1000]
    other["Mixed_6e.branch1x1.bn.weight"] = nil
    let error = #expect(throws: InputError.self) {
      try model.parameters.check(other, in: "inception.pth")
    }
    for part in [
      "1 missing: Mixed_6e.branch1x1.bn.weight [192]", "1 unexpected: AuxLogits.fc.weight",
      "1 misshapen: fc.bias is [1000], should be [1008]",
    ] {
      #expect(error?.description.contains(part) == true)
    }
  }

  /// Every feature has the shape it says, and their graph takes the folded variables.
  @Test func tracingUsesEveryFoldedVariable() throws {
    let graph = Graph()
    let features = try features(Set(InceptionV3.Feature.allCases), in: graph)
    #expect(features.count == 7)
    for (feature, tensor) in features {
      #expect(tensor.shape == [2, model.count(feature)], "\(feature)")
    }
    #expect(model.count(.spatial) == 2023)
    var found: [String: Shape] = [:]
    for node in graph.nodes {
      if case .variable(let name) = node.operation { found[name] = node.results[0].shape }
    }
    let folded = try model.foldedVariables(from: checkpoint)
    #expect(found == folded.mapValues(\.shape))
    #expect(found.count == 2 * 94 + 2)
  }

  /// 5.71 G per image for everything; the first features take a small part of it.
  @Test func onlyWhatIsWantedIsComputed() throws {
    func multiplyAdds(_ wanted: Set<InceptionV3.Feature>) throws -> Double {
      let graph = Graph()
      _ = try features(wanted, in: graph)
      return graph.multiplyAdds / 2e9
    }
    #expect(abs(try multiplyAdds([.pool2048]) - 5.7112) < 0.0001)
    #expect(abs(try multiplyAdds([.pool2048, .logits]) - 5.7132) < 0.0001)
    #expect(abs(try multiplyAdds([.pool64]) - 0.6166) < 0.0001)
    #expect(try multiplyAdds([.spatial]) < multiplyAdds([.pool768]))
    let graph = Graph()
    #expect(try features([.pool192], in: graph).keys.map(\.rawValue) == ["pool192"])
  }

  @Test func smallImagesAreTakenDownToALimit() throws {
    let graph = Graph()
    #expect(try features([.pool2048], in: graph, side: 75)[.pool2048]?.shape == [2, 2048])
    #expect(throws: ShapeError.self) { try features([.pool2048], in: Graph(), side: 74) }
  }

  /// y = γ(w·x − μ)/√(σ² + ε) + β for one channel, in double precision.
  @Test func batchNormIsFolded() throws {
    var weights = checkpoint
    let path = "Conv2d_3b_1x1"
    let shape: Shape = [80]
    weights["\(path).bn.weight"] = HostTensor((0..<80).map { 1 + Float($0) / 7 }, shape: shape)
    weights["\(path).bn.bias"] = HostTensor((0..<80).map { Float($0) - 3.3 }, shape: shape)
    weights["\(path).bn.running_mean"] = HostTensor((0..<80).map { Float($0) / 9 }, shape: shape)
    weights["\(path).bn.running_var"] = HostTensor((0..<80).map { Float($0) / 5 }, shape: shape)
    let folded = try model.foldedVariables(from: weights)
    let kernel = try #require(weights["\(path).conv.weight"]).array()
    let (weight, bias) = try (
      #require(folded["\(path).weight"]).array(), #require(folded["\(path).bias"]).array()
    )
    for o in [0, 1, 41, 79] {
      let gamma = Double(1 + Float(o) / 7)
      let scale = gamma / (Double(Float(o) / 5) + 0.001).squareRoot()
      #expect(bias[o] == Float(Double(Float(o) - 3.3) - scale * Double(Float(o) / 9)))
      for i in [0, 63] { #expect(weight[o * 64 + i] == Float(scale * Double(kernel[o * 64 + i]))) }
    }
    #expect(folded["fc.weight"]?.array() == weights["fc.weight"]?.array())
  }

  @Test func weightsThatDoNotServeAreNamed() throws {
    func expectError(
      _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
      _ change: (inout [String: HostTensor]) -> Void
    ) {
      var weights = checkpoint
      change(&weights)
      let error = #expect(throws: InputError.self, sourceLocation: sourceLocation) {
        try model.foldedVariables(from: weights)
      }
      for part in parts {
        #expect(
          error?.description.contains(part) == true, "\(String(describing: error))",
          sourceLocation: sourceLocation)
      }
    }
    expectError("'Conv2d_1a_3x3.bn.running_mean'", "float32[32]", "none") {
      $0["Conv2d_1a_3x3.bn.running_mean"] = nil
    }
    expectError("'Conv2d_2a_3x3.conv.weight'", "float32[32, 32, 3, 3]", "float32[32, 32]") {
      $0["Conv2d_2a_3x3.conv.weight"] = HostTensor(shape: [32, 32])
    }
    for (name, value) in [("running_var", -1 as Float), ("weight", .nan), ("bias", .infinity)] {
      expectError("'Conv2d_1a_3x3.*', channel 7", "not finite") {
        let tensor = HostTensor(shape: [32])
        tensor.floats[7] = value
        $0["Conv2d_1a_3x3.bn.\(name)"] = tensor
      }
    }
  }

  @Test func impossibleSettings() {
    #expect(throws: InvalidField.self) { try InceptionV3(classes: 0) }
    #expect(throws: InvalidField.self) { try InceptionV3(epsilon: 0) }
    #expect(throws: InvalidField.self) { try InceptionV3(epsilon: .nan) }
  }
}
