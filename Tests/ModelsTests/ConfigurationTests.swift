import Diagnostics
import Models
import Testing

@Suite struct SiTConfigurationTests {
  /// Millions of parameters that the SiT paper gives (table 1).
  @Test(arguments: [("S/2", 33.0), ("B/2", 130.0), ("L/2", 458.0), ("XL/2", 675.0)])
  func parameterCounts(_ name: String, _ millions: Double) throws {
    let configuration = try SiTConfiguration(named: name)
    try configuration.validate()
    #expect(abs(Double(configuration.parameterCount) / 1e6 - millions) < 0.6)
  }

  /// Counted in PyTorch: DiT-XL/2, which has SiT's tensors, and a small refiner.
  @Test func parameterCountsToTheLast() throws {
    #expect(try SiTConfiguration(named: "XL/2").parameterCount == 675_129_632)
    var teacher = SiTConfiguration()
    (teacher.inputSize, teacher.classes, teacher.hiddenSize, teacher.heads) = (8, 10, 32, 2)
    #expect(try RefinerConfiguration().network(for: teacher).parameterCount == 33_280)
  }

  @Test func multiplyAddsOfXL2() throws {
    let macs = try SiTConfiguration(named: "XL/2").multiplyAdds
    #expect(abs(macs / 1e9 - 118.6) < 0.1)
  }

  @Test func namesAreListedWhenUnknown() {
    #expect {
      try SiTConfiguration(named: "M/2")
    } throws: {
      "\($0)" == "expected one of S/2, S/4, S/8, B/2, B/4, B/8, L/2, L/4, L/8, XL/2, XL/4, XL/8, "
        + "found 'M/2'"
    }
  }

  @Test func rules() throws {
    func expectField(
      _ field: String, sourceLocation: SourceLocation = #_sourceLocation,
      _ change: (inout SiTConfiguration) -> Void
    ) {
      var configuration = SiTConfiguration()
      change(&configuration)
      #expect(sourceLocation: sourceLocation) {
        try configuration.validate()
      } throws: {
        ($0 as? InvalidField)?.field == field
      }
    }
    try SiTConfiguration().validate()
    expectField("hiddenSize") { $0.hiddenSize = 382 }
    expectField("hiddenSize") { ($0.hiddenSize, $0.heads) = (6, 1) }
    expectField("hiddenSize") { $0.hiddenSize = .max }
    expectField("heads") { $0.heads = 0 }
    expectField("inputSize") { $0.inputSize = 31 }
    expectField("inputSize") { ($0.inputSize, $0.patchSize) = (4096, 1) }
    expectField("patchSize") { $0.patchSize = 0 }
    expectField("depth") { $0.depth = -1 }
    expectField("mlpRatio") { $0.mlpRatio = .nan }
    expectField("classes") { $0.classes = 0 }
    expectField("frequencyEmbeddingSize") { $0.frequencyEmbeddingSize = 255 }
  }

  @Test func refinerFollowsItsTeacher() throws {
    let teacher = try SiTConfiguration(named: "XL/2")
    let network = try RefinerConfiguration().network(for: teacher)
    #expect(network.depth == 1)
    #expect(network.hiddenSize == 1152)
    #expect(network.embedderChannels == 8)
    #expect(network.outChannels == 8)
    var narrow = RefinerConfiguration()
    narrow.hiddenSize = 24
    #expect(throws: InvalidField.self) { try narrow.network(for: teacher) }
    narrow.heads = 6
    #expect(try narrow.network(for: teacher).hiddenSize == 24)
    narrow.heads = 0
    #expect(throws: InvalidField.self) { try narrow.validate() }
  }
}

@Suite struct AutoencoderConfigurationTests {
  @Test func countsStableDiffusion() throws {
    let configuration = AutoencoderConfiguration()
    try configuration.validate()
    #expect(configuration.parameterCount == 83_653_863)
    #expect(configuration.downsampling == 8)
    var small = AutoencoderConfiguration()
    (small.channels, small.layersPerBlock, small.normGroups) = ([16, 32], 1, 8)
    #expect(small.parameterCount == 167_959)
  }

  @Test func rules() {
    var configuration = AutoencoderConfiguration()
    for channels in [[], [48], [0], Array(repeating: 32, count: 9)] {
      configuration.channels = channels
      #expect(throws: InvalidField.self) { try configuration.validate() }
    }
    configuration.channels = [32]
    configuration.normGroups = 0
    #expect(throws: InvalidField.self) { try configuration.validate() }
  }
}
