import Checkpoints
import Diagnostics
import Files
import Foundation
import Models
import TensorGraph

/// The resume states of a run: `step-000500.safetensors` and so on in one folder.
///
/// Each holds the whole ``TrainingState`` in binary32: weights under their keys,
/// `first_moment/<key>`, `second_moment/<key>`, `ema/<key>`. Metadata: `format`,
/// `version`, `step`, `identity` (JSON) and `sha256` over names and values, so
/// that a damaged file is noticed whatever the damage.
public struct CheckpointStore: Sendable {
  static let format = "flowturbo training state"
  static let version = "1"

  public let folder: String
  /// The newest states that are kept.
  public let keep: Int

  public init(folder: String, keep: Int) {
    self.folder = folder
    self.keep = max(1, keep)
  }

  public func path(step: Int) -> String {
    let digits = String(step)
    let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
    return "\(folder)/step-\(zeros)\(digits).safetensors"
  }

  /// Steps of the states in the folder, whole or not, oldest first.
  public func steps() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name -> Int? in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      return Int(name.dropFirst(5).dropLast(12))
    }
    .filter { $0 >= 0 }.sorted()
  }

  /// Writes `state` whole or not at all, then removes what is older than the last ``keep``.
  /// - Returns: the file's path.
  public func write(_ state: TrainingState, identity: RunIdentity) throws -> String {
    let names = TrainingState.names(state.parameters).map(\.name).sorted()
    let tensors = names.compactMap { name in state.variables[name].map { (name, $0) } }
    let metadata = [
      "format": Self.format, "version": Self.version, "step": String(state.step),
      "identity": try identity.json(), "sha256": Self.digest(tensors),
    ]
    let path = path(step: state.step)
    try SafetensorsWriter.write(
      tensors.map { name, tensor in
        TensorRecord(
          name, shape: tensor.shape.dimensions, buffer: UnsafeBufferPointer(tensor.floats))
      }, metadata: metadata, to: path)
    for step in steps().filter({ $0 <= state.step }).dropLast(keep) {
      try? FileManager.default.removeItem(atPath: self.path(step: step))
    }
    return path
  }

  /// The newest whole state; nil where the folder holds none at all.
  ///
  /// - Parameter skipped: told of each damaged state that is passed over, and why.
  /// - Throws: `InputError` where the newest readable state is of another
  ///   configuration, or where states are there and all are damaged.
  public func newest(
    _ parameters: [Parameter], identity: RunIdentity,
    skipped: (_ path: String, _ reason: String) throws -> Void
  ) throws -> TrainingState? {
    let steps = steps()
    for step in steps.reversed() {
      let path = path(step: step)
      do {
        return try read(path, parameters, identity: identity)
      } catch let damage as DamagedState {
        try skipped(path, damage.reason)
      }
    }
    guard steps.isEmpty else {
      throw InputError(
        folder, expected: "a whole resume state", found: "\(steps.count) damaged ones",
        remedy: "start again in another output folder")
    }
    return nil
  }

  private func read(_ path: String, _ parameters: [Parameter], identity: RunIdentity) throws
    -> TrainingState
  {
    let file = try damage { try SafetensorsFile(path: path) }
    let metadata = file.metadata
    guard metadata["format"] == Self.format, let version = metadata["version"],
      let step = metadata["step"].flatMap({ Int($0) }), step >= 0, self.path(step: step) == path,
      let stored = metadata["identity"].flatMap({ try? RunIdentity(json: $0) }),
      let sha256 = metadata["sha256"]
    else { throw DamagedState(reason: "is no resume state of its step") }
    guard version == Self.version else {
      throw InputError(
        path, expected: "resume state version \(Self.version)", found: "version \(version)",
        remedy: "resume with the program that wrote it")
    }
    try stored.check(identity, path: path)

    let shapes = Dictionary(
      parameters.map { ($0.path, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let names = TrainingState.names(parameters).sorted { $0.name < $1.name }
    guard names.map(\.name) == file.names else {
      throw InputError(
        path, expected: "the model's \(names.count) tensors", found: "\(file.names.count) others")
    }
    let tensors = try names.map { name, parameter in
      let shape = Shape(try file.info(name).shape)
      guard shape == shapes[parameter] else {
        throw InputError(
          "\(path): tensor '\(name)'", expected: "shape \(shapes[parameter] ?? .scalar)",
          found: "\(shape)")
      }
      let tensor = HostTensor(shape: shape)
      try damage { try file.read(name, into: tensor.floats) }
      return (name, tensor)
    }
    guard Self.digest(tensors) == sha256 else {
      throw DamagedState(reason: "does not have the contents it was written with")
    }
    return TrainingState(
      parameters, step: step,
      variables: Dictionary(tensors, uniquingKeysWith: { first, _ in first }))
  }

  private static func digest(_ tensors: [(String, HostTensor)]) -> String {
    let digest = SHA256Digest()
    for (name, tensor) in tensors {
      digest.update("\(name)\n")
      digest.update(UnsafeRawBufferPointer(tensor.floats))
    }
    return digest.hexadecimal()
  }

  /// Runs `body`; what it cannot read counts as damaged.
  private func damage<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as InputError {
      throw DamagedState(reason: error.description)
    }
  }
}

private struct DamagedState: Error {
  let reason: String
}
