import Checkpoints
import Files
import Foundation
import Testing

@testable import Verification

/// Kind `formats` with files made here; the readers' own fixtures are the Checkpoints tests'.
@Suite(.serialized) struct FormatsFixtureTests {
  private let record = TensorRecord("w", shape: [2, 2], floats: [1, 2, 3, .nan])

  /// A folder of one good and one hostile file beside a fixture that holds the good tensor.
  /// - Parameters:
  ///   - entry: changes the good file's entry in `cases.json`.
  ///   - hostile: the bytes of the other file.
  private func report(
    stored: [Float] = [1, 2, 3, .nan], entry: (inout [String: Any]) -> Void = { _ in },
    hostile: [UInt8] = [1, 2, 3], expect: String = "refuse"
  ) throws -> FixtureReport {
    var fixture = EditedFixture(kind: "formats", config: [:])
    fixture.store("good/a.safetensors:w", [2, 2], stored)
    return try fixture.verify { folder in
      let formats = "\(folder)/edited"
      for part in ["good", "hostile"] {
        try FileManager.default.createDirectory(
          atPath: "\(formats)/\(part)", withIntermediateDirectories: true)
      }
      let good = "\(formats)/good/a.safetensors"
      try SafetensorsWriter.write([record], metadata: [:], to: good)
      try Data(hostile).write(to: URL(fileURLWithPath: "\(formats)/hostile/b.pt"))
      var goodEntry: [String: Any] = [
        "file": "good/a.safetensors", "kind": "safetensors", "values": [[String: Any]](),
        "tensors": [
          [
            "path": ["w"], "dtype": "float32", "shape": [2, 2],
            "sha256": FileHash.sha256(try SafetensorsFile(path: good).bytes("w")),
            "expected": "good/a.safetensors:w",
          ] as [String: Any]
        ],
      ]
      entry(&goodEntry)
      let cases: [String: Any] = [
        "good": [goodEntry],
        "hostile": [["file": "hostile/b.pt", "expect": expect, "why": "noise"]],
      ]
      try JSONSerialization.data(withJSONObject: cases)
        .write(to: URL(fileURLWithPath: "\(formats)/cases.json"))
    }
  }

  private static func set(_ key: String, _ value: Any, in entry: inout [String: Any]) {
    var tensors = entry["tensors"] as? [[String: Any]] ?? []
    tensors[0][key] = value
    entry["tensors"] = tensors
  }

  @Test func equalFilesPass() throws {
    let report = try report()
    #expect(report.failing == [])
    #expect(report.results.map(\.name).contains("good/a.safetensors:w"))
    #expect(report.results.map(\.name).contains("hostile/b.pt"))
  }

  @Test func otherBytesTypesAndShapesFail() throws {
    let name = "good/a.safetensors:w"
    let values = try report(stored: [1, 2, 3, 4])
    #expect(values.failing == [name])
    let type = try report { Self.set("dtype", "float16", in: &$0) }
    #expect(type.failing == [name])
    let shape = try report { Self.set("shape", [4], in: &$0) }
    #expect(shape.failing == [name])
    let hash = try report { Self.set("sha256", "00", in: &$0) }
    #expect(hash.failing == [name])
    let kind = try report { $0["kind"] = "npz" }
    #expect(kind.failing == ["good/a.safetensors"])
  }

  @Test func surplusTensorsAndMissingValuesFail() throws {
    let without = try report { $0["tensors"] = [[String: Any]]() }
    // The tensor is more than the list has, and no file of the list is the fixture's.
    #expect(without.failing == ["good/a.safetensors", "good/a.safetensors:w"])
    let leaf: [String: Any] = ["path": ["args", "lr"], "type": "float", "value": 0.5]
    let values = try report { $0["values"] = [leaf] }
    #expect(values.failing == ["good/a.safetensors:args/lr"])
  }

  /// What loads where it should be refused is found, and forgiven where it need not be.
  @Test func aHostileFileThatLoadsFails() throws {
    let path = NSTemporaryDirectory() + "formats-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SafetensorsWriter.write([record], metadata: [:], to: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try report(hostile: bytes).failing == ["hostile/b.pt"])
    #expect(try report(hostile: bytes, expect: "refuse_or_bounded").failing == [])
  }

  @Test func aMissingListIsAnError() throws {
    let fixture = EditedFixture(kind: "formats", config: [:])
    expectInputError("cases.json") { _ = try fixture.verify() }
  }
}
