import Checkpoints
import Diagnostics
import Foundation
import Testing

@testable import Verification

/// The path of a fixture that the tests bring along.
func fixturePath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "safetensors"))
    .path
}

/// A fixture to change before it is verified.
struct EditedFixture {
  var metadata: [String: Any] = [:]
  var tensors: [String: TensorRecord] = [:]

  init(kind: String, config: [String: Any]) {
    metadata = ["kind": kind, "config": config]
  }

  /// A copy of one that the tests bring along.
  init(_ name: String) throws {
    let file = try SafetensorsFile(path: fixturePath(name))
    let text = try #require(file.metadata["config"])
    metadata = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    for name in file.names {
      let info = try file.info(name)
      tensors[name] = TensorRecord(
        name, shape: info.shape, type: info.type, bytes: try file.bytes(name))
    }
  }

  /// Changes the settings.
  mutating func configure(_ change: (inout [String: Any]) -> Void) {
    var config = metadata["config"] as? [String: Any] ?? [:]
    change(&config)
    metadata["config"] = config
  }

  /// Sets keys of the tensor's entry in the tolerance table.
  mutating func tolerate(_ name: String, _ entry: [String: Any]) {
    var table = metadata["tolerance"] as? [String: Any] ?? [:]
    var entries = table["tensors"] as? [String: Any] ?? [:]
    let old = entries[name] as? [String: Any] ?? [:]
    entries[name] = old.merging(entry) { $1 }
    table["tensors"] = entries
    metadata["tolerance"] = table
  }

  mutating func store(_ name: String, _ shape: [Int], _ floats: [Float]) {
    tensors[name] = TensorRecord(name, shape: shape, floats: floats)
  }

  mutating func store(_ name: String, _ shape: [Int], pixels: [UInt8]) {
    tensors[name] = TensorRecord(name, shape: shape, type: .uint8, bytes: pixels)
  }

  /// Adds `change` to one value of a stored tensor.
  mutating func perturb(_ name: String, of fixture: String, at index: Int, by change: Float) throws
  {
    let file = try SafetensorsFile(path: fixturePath(fixture))
    var values = try file.floats(name)
    values[index] += change
    store(name, try file.info(name).shape, values)
  }

  func write(to path: String) throws {
    let text = try JSONSerialization.data(withJSONObject: metadata)
    try SafetensorsWriter.write(
      Array(tensors.values), metadata: ["config": String(decoding: text, as: UTF8.self)], to: path)
  }

  /// Writes it into a fresh folder, which `prepare` may fill first, and verifies it.
  func verify(_ prepare: (String) throws -> Void = { _ in }) throws -> FixtureReport {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("flowturbo-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try prepare(folder)
    try write(to: "\(folder)/edited.safetensors")
    return try FixtureVerifier().verify(path: "\(folder)/edited.safetensors")
  }
}

/// Records an issue unless `body` throws an `InputError` that holds all of `parts`.
func expectInputError(
  _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("expected an error", sourceLocation: sourceLocation)
  } catch let error as InputError {
    for part in parts {
      #expect(error.description.contains(part), "\(error)", sourceLocation: sourceLocation)
    }
  } catch {
    Issue.record("expected an InputError, found \(error)", sourceLocation: sourceLocation)
  }
}

extension FixtureReport {
  /// Names of the results that do not pass.
  var failing: [String] { results.filter { !$0.passes }.map(\.name) }
}
