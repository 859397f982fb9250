import Checkpoints
import Foundation
import TensorGraph
import Testing

/// A parity fixture that the tests bring along: inputs, expected outputs and the
/// tolerance of each, as its metadata says.
struct Fixture<Configuration: Decodable> {
  private struct Metadata: Decodable {
    struct Tolerance: Decodable {
      struct Entry: Decodable {
        let atol: Float
        let rtol: Float?
      }
      let tensors: [String: Entry]
    }
    let config: Configuration
    let salts: [String: String]
    let tolerance: Tolerance?
  }

  let file: SafetensorsFile
  private let metadata: Metadata

  init(_ name: String) throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "safetensors"))
    file = try SafetensorsFile(path: url.path)
    let text = try #require(file.metadata["config"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    metadata = try decoder.decode(Metadata.self, from: Data(text.utf8))
  }

  var configuration: Configuration { metadata.config }

  func salt(_ name: String) throws -> String { try #require(metadata.salts[name]) }

  func shape(_ name: String) throws -> Shape { Shape(try file.info(name).shape) }

  func tensor(_ name: String) throws -> HostTensor {
    HostTensor(try file.floats(name), shape: try shape(name))
  }

  func labels(_ name: String) throws -> [Int32] { try file.integers(name).map(Int32.init) }

  /// Checks every element against the stored tolerance; without one they must be equal.
  func expect(
    _ name: String, equals actual: HostTensor?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let actual = try #require(actual, "\(name) is missing", sourceLocation: sourceLocation)
    try expect(name, equals: actual.array(), sourceLocation: sourceLocation)
  }

  func expect(
    _ name: String, equals actual: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try file.floats(name)
    try #require(actual.count == expected.count, "\(name)", sourceLocation: sourceLocation)
    let tolerance = metadata.tolerance?.tensors[name]
    let (atol, rtol) = (tolerance?.atol ?? 0, tolerance.map { $0.rtol ?? 1e-5 } ?? 0)
    let excess = zip(actual, expected).map { abs($0 - $1) - atol - rtol * abs($1) }
    let worst = excess.indices.max { excess[$0] < excess[$1] } ?? 0
    #expect(
      excess.allSatisfy { $0 <= 0 },
      "\(name)[\(worst)]: \(actual[worst]) instead of \(expected[worst]), atol \(atol)",
      sourceLocation: sourceLocation)
  }
}
