import Diagnostics
import Foundation

extension FileReport {
  /// The report as JSON, keys sorted.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// Shows the report.
  /// - Parameter isBrief: leaves out the tensors.
  public func show(isBrief: Bool, to observe: PipelineObserver) {
    observe(.note(head))
    if parts.count > 1 {
      let rows = parts.prefix(Self.mostParts).map { part in
        [
          part.container.isEmpty ? "(top)" : Self.shown(part.container), part.content,
          part.weights ?? "", "\(part.tensors)", "\(part.parameters)",
        ]
      }
      let rest = parts.count - rows.count
      observe(
        .table(
          title: "\nParts" + (rest > 0 ? ", the first \(rows.count) of \(parts.count)" : ""),
          rows: [["container", "content", "weights", "tensors", "values"]] + rows))
    }
    showSettings(to: observe)
    if !isBrief, !tensors.isEmpty { showTensors(to: observe) }
  }

  /// Text out of the file, for one cell: neither steering the terminal nor wide as a house.
  private static func shown(_ text: String) -> String {
    (text.count > 100 ? "\(text.prefix(100))…" : text).withoutControlCharacters
  }

  private static let mostParts = 20
  private static let mostSettings = 40

  /// A line for each thing that is known.
  private var head: String {
    var lines: [(String, String)] = [
      ("container", "\(container), \(Amounts.bytes(bytes)) (\(bytes) bytes)"),
      ("content", content),
    ]
    if let parameters { lines.append(("parameters", "\(parameters)")) }
    if let weights {
      lines.append(("weights", weights == "only" ? "the only ones in the file" : weights))
    }
    for note in notes { lines.append(("note", note)) }
    if let problem { lines.append(("problem", problem)) }
    for command in takenBy { lines.append((command == takenBy.first ? "taken by" : "", command)) }
    if let sha256 { lines.append(("SHA-256", sha256)) }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      let rows = value.split(separator: "\n", omittingEmptySubsequences: false)
      let first = rows.first.map(String.init) ?? ""
      lines.append(
        (
          "metadata",
          "\(Self.shown(key)): \(first.prefix(160))"
            + (rows.count > 1 || first.count > 160 ? " … (\(value.count) characters)" : "")
        ))
    }
    return (file == path ? [file] : ["\(path): \(file)"]).joined() + "\n"
      + lines.map { label, text in
        "  " + label.padding(toLength: 12, withPad: " ", startingAt: 0)
          + text.withoutControlCharacters
      }.joined(separator: "\n")
  }

  private func showSettings(to observe: PipelineObserver) {
    guard !settings.isEmpty else { return }
    // An optimiser numbers every parameter.
    let own = settings.filter { !$0.name.hasPrefix("opt") }
    let shown = own.prefix(Self.mostSettings)
    var lines = shown.map { "  \(Self.shown($0.name)) = \(Self.shown($0.value))" }
    if own.count > shown.count { lines.append("  and \(own.count - shown.count) more values") }
    let state = settings.count - own.count
    if state > 0 { lines.append("  and \(state) of an optimiser's") }
    observe(.note((["\nBeside the tensors"] + lines).joined(separator: "\n")))
  }

  private func showTensors(to observe: PipelineObserver) {
    let hasHashes = tensors.contains { $0.sha256 != nil }
    func row(_ cells: [String], _ hash: String) -> [String] { hasHashes ? cells + [hash] : cells }
    let rows = tensors.map { tensor in
      row(
        [
          Self.shown(tensor.name),
          tensor.shape.isEmpty
            ? "scalar" : Self.shown(tensor.shape.map(String.init).joined(separator: "×")),
          tensor.type, "\(tensor.bytes)",
        ], tensor.sha256 ?? "")
    }
    let total = tensors.reduce(0) { sum, tensor in
      let (total, overflow) = sum.addingReportingOverflow(tensor.bytes)
      return overflow ? .max : total
    }
    observe(
      .table(
        title: "\nTensors",
        rows: [row(["name", "shape", "type", "bytes"], "SHA-256")] + rows + [
          row(["\(tensors.count) in all", "", "", "\(total)"], "")
        ]))
  }
}
