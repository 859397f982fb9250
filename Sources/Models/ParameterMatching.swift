import Diagnostics
import TensorGraph

/// What a checkpoint has other than a model's parameters.
public struct ParameterMismatch: Sendable, Equatable {
  /// Keys that are not there, with their shapes where those are known.
  public var missing: [String] = []
  /// Keys that no parameter has.
  public var unexpected: [String] = []
  /// Sentences about keys of other shapes.
  public var misshapen: [String] = []

  public init(missing: [String] = [], unexpected: [String] = [], misshapen: [String] = []) {
    self.missing = missing
    self.unexpected = unexpected
    self.misshapen = misshapen
  }

  public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }

  /// All of it on one line, long lists cut short.
  public var summary: String {
    [("missing", missing), ("unexpected", unexpected), ("misshapen", misshapen)]
      .filter { !$1.isEmpty }
      .map { "\($1.count) \($0): \(Self.list($1))" }
      .joined(separator: "; ")
  }

  /// The first few of a list; whole models would fill screens.
  private static func list(_ items: [String]) -> String {
    let shown = 8
    let rest = items.count > shown ? ", … (\(items.count - shown) more)" : ""
    let texts = items.prefix(shown).map { $0.count > 160 ? "\($0.prefix(160))…" : $0 }
    return texts.joined(separator: ", ") + rest
  }
}

extension [Parameter] {
  /// Number of values, frozen ones included.
  public var valueCount: Int { reduce(0) { $0 + $1.shape.elementCount } }

  /// What is other than these parameters in the shapes `given`, by key; optional ones may be
  /// missing.
  public func mismatch(_ given: [String: Shape]) -> ParameterMismatch {
    let known = Set(map(\.path))
    return ParameterMismatch(
      missing: filter { !$0.isOptional && given[$0.path] == nil }
        .map { "\($0.path) \($0.shape)" },
      unexpected: given.keys.filter { !known.contains($0) }.sorted(),
      misshapen: compactMap { parameter in
        guard let shape = given[parameter.path], shape != parameter.shape else { return nil }
        return "\(parameter.path) is \(shape), should be \(parameter.shape)"
      })
  }

  /// Checks that a checkpoint holds these parameters and nothing else; optional ones may be
  /// missing.
  ///
  /// - Parameters:
  ///   - given: the shapes found, by key.
  ///   - source: what they were found in, for the message.
  /// - Throws: one `InputError` that lists all missing, unexpected and misshapen keys.
  public func check(_ given: [String: Shape], in source: String) throws {
    let mismatch = mismatch(given)
    guard mismatch.isEmpty else {
      throw InputError(
        "\(source): weights do not fit the model: \(mismatch.summary); "
          + "check that the configuration is that of the checkpoint")
    }
  }
}
