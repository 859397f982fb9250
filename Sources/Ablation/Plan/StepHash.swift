import Files
import Pipelines

/// The hash of everything that determines a step's result: its kind, its settings without
/// paths, the hashes of what it reads, what it multiplies in and the version of the numerics.
/// Neither the commit nor threads, paths or time.
enum StepHash {
  static let length = 24

  static func of(_ kind: Step.Kind, _ settings: [String: String]) -> String {
    let lines = settings.sorted { $0.key < $1.key }
      .map { "\($0.key.utf8.count):\($0.key)=\($0.value.utf8.count):\($0.value)\n" }
    let text = "flowturbo step \(kind.rawValue), numerics \(Toolkit.numerics)\n" + lines.joined()
    return String(FileHash.sha256(text.utf8).prefix(length))
  }
}
