import Checkpoints
import Foundation
import Models
import TensorGraph
import Testing

/// Runs `body` with a fresh folder that is removed afterwards.
@discardableResult
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("flowturbo-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// A reference file: stored tensors and how far from them a result may be.
struct Fixture {
  struct Tolerance: Decodable {
    let atol: Float
    let rtol: Float?
    let ignore: [Int]?
  }

  let file: SafetensorsFile
  let tolerances: [String: Tolerance]

  init(_ name: String) throws {
    struct Description: Decodable {
      struct Table: Decodable { let tensors: [String: Tolerance] }
      let tolerance: Table
    }
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name).safetensors")
    file = try SafetensorsFile(path: url.path)
    let text = try #require(file.metadata["config"])
    tolerances = try JSONDecoder().decode(Description.self, from: Data(text.utf8)).tolerance.tensors
  }

  /// Copies stored inputs into `tensor`, integers as int32.
  func fill(_ tensor: HostTensor, from name: String) throws {
    switch tensor.type.element {
    case .float32: try file.read(name, into: tensor.floats)
    case .int32: _ = tensor.integers.update(fromContentsOf: try file.integers(name).map(Int32.init))
    }
  }

  /// Records an issue with the largest error where `values` are not those stored.
  func expect(
    _ name: String, _ values: some Collection<Float>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try file.floats(name)
    let tolerance = try #require(tolerances[name], sourceLocation: sourceLocation)
    try #require(values.count == expected.count, sourceLocation: sourceLocation)
    let ignored = tolerance.ignore.map { $0[0]..<$0[1] } ?? 0..<0
    var worst: (excess: Float, index: Int, found: Float) = (0, 0, 0)
    for (index, value) in values.enumerated() where !ignored.contains(index) {
      let bound = tolerance.atol + (tolerance.rtol ?? 1e-5) * abs(expected[index])
      let excess = abs(value - expected[index]) / bound
      // NaN is the worst of all.
      let isWorse = excess.isNaN ? !worst.excess.isNaN : excess > worst.excess
      if isWorse { worst = (excess, index, value) }
    }
    #expect(
      worst.excess <= 1, "\(name)[\(worst.index)]: \(worst.found) for \(expected[worst.index])",
      sourceLocation: sourceLocation)
  }
}

@Suite struct FixtureTests {
  @Test func noticesAWrongValue() throws {
    let fixture = try Fixture("train_predictor_tiny")
    var losses = try fixture.file.floats("loss_per_sample")
    try fixture.expect("loss_per_sample", losses)
    losses[2] += 1e-4
    withKnownIssue { try fixture.expect("loss_per_sample", losses) }
    losses[2] = .nan
    withKnownIssue { try fixture.expect("loss_per_sample", losses) }
  }
}
