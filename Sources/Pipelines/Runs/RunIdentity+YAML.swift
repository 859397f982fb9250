import Configuration
import TensorGraph
import Training

extension RunIdentity {
  /// The keys of a configuration that determine its result, as dotted paths.
  ///
  /// - Parameters:
  ///   - ignored: keys, or whole sections, that do not: where files go, how often
  ///     something is written.
  ///   - inputs: hashes of weights and data, by name.
  public init(
    _ configuration: some ConfigurationSchema, ignoring ignored: [String],
    inputs: [String: String] = [:]
  ) throws {
    var settings = inputs
    var path: [String] = []
    // Canonical YAML: one key a line, two spaces a level.
    for line in try ResolvedConfiguration(configuration).yaml.split(separator: "\n") {
      let indentation = line.prefix { $0 == " " }.count
      let parts = line.dropFirst(indentation).split(separator: ":", maxSplits: 1)
      path = Array(path.prefix(indentation / 2)) + [String(parts[0])]
      let key = path.joined(separator: ".")
      guard parts.count == 2,
        !ignored.contains(where: { key == $0 || key.hasPrefix("\($0).") })
      else { continue }
      settings[key] = String(parts[1].drop { $0 == " " })
    }
    self.init(settings)
  }

  /// Notes what a run multiplies in: what `auto` came to counts. float32 is not noted, as
  /// runs of 0.1.0 do not say.
  public mutating func add(_ precision: Precision) {
    settings["precision"] = precision == .float32 ? nil : precision.rawValue
  }
}
