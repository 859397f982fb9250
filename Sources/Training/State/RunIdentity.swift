import Diagnostics
import Foundation

/// What determines a run's result. A resumed run must have that of its state.
public struct RunIdentity: Sendable, Equatable {
  /// Configuration keys with their values as text: seed, model, data and weights
  /// by hash, batch, rates; not where files go or how often something is logged.
  public var settings: [String: String]

  public init(_ settings: [String: String]) { self.settings = settings }

  public init(json: String) throws {
    settings = try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
  }

  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(settings), as: UTF8.self)
  }

  /// - Throws: `InputError` that names every key in which `present` differs.
  public func check(_ present: RunIdentity, path: String) throws {
    let keys = Set(settings.keys).union(present.settings.keys)
      .filter { settings[$0] != present.settings[$0] }.sorted()
    guard keys.isEmpty else {
      let differences = keys.map { key in
        "\(key) was \(settings[key] ?? "not set") and is \(present.settings[key] ?? "not set")"
      }
      throw InputError(
        "\(path): belongs to another configuration: \(differences.joined(separator: ", ")); "
          + "resume with the configuration of that run or choose another output folder")
    }
  }
}
