import Diagnostics
import TensorGraph

extension [Parameter] {
  /// Number of values, frozen ones included.
  public var valueCount: Int { reduce(0) { $0 + $1.shape.elementCount } }

  /// Checks that a checkpoint holds these parameters and nothing else; optional ones may be
  /// missing.
  ///
  /// - Parameters:
  ///   - given: the shapes found, by key.
  ///   - source: what they were found in, for the message.
  /// - Throws: one `InputError` that lists all missing, unexpected and misshapen keys.
  public func check(_ given: [String: Shape], in source: String) throws {
    let missing = filter { !$0.isOptional && given[$0.path] == nil }
      .map { "\($0.path) \($0.shape)" }
    let known = Set(map(\.path))
    let unexpected = given.keys.filter { !known.contains($0) }.sorted()
    let misshapen = compactMap { parameter -> String? in
      guard let shape = given[parameter.path], shape != parameter.shape else { return nil }
      return "\(parameter.path) is \(shape), should be \(parameter.shape)"
    }
    let faults = [
      ("missing", missing), ("unexpected", unexpected), ("misshapen", misshapen),
    ]
    .filter { !$1.isEmpty }
    .map { "\($1.count) \($0): \(summary($1))" }
    guard faults.isEmpty else {
      throw InputError(
        "\(source): weights do not fit the model: \(faults.joined(separator: "; ")); "
          + "check that the configuration is that of the checkpoint")
    }
  }
}

/// The first few of a list; whole models would fill screens.
private func summary(_ items: [String]) -> String {
  let shown = 8
  let rest = items.count > shown ? ", … (\(items.count - shown) more)" : ""
  return items.prefix(shown).joined(separator: ", ") + rest
}
