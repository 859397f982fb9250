import Diagnostics
import Foundation
import Storage

/// What an ablation found, for people: tables in the terminal, Markdown, CSV, and a page.
public struct Report: Sendable {
  /// Of a table of cells; twice what an ablation's configuration can have.
  static let mostRows = 20_000

  let document: ResultsDocument
  let path: String
  let studies: [StudyResults]
  /// The paths of tables with rows of studies that were not asked for.
  private let hidden: Set<String>

  /// - Parameters:
  ///   - path: of the file of results, which may be of a sweep that is not done.
  ///   - only: names of studies; all where there are none.
  /// - Throws: `InputError` for a file that is no such file, and a name that it does not have.
  public init(path: String, only: [String] = []) throws {
    try self.init(try ResultsDocument(unknown: path), path: path, only: only)
  }

  /// - Parameter path: where the document is from, for its title.
  public init(_ document: ResultsDocument, path: String, only: [String] = []) throws {
    if let long = document.tables.first(where: {
      !$0.path.hasPrefix("curves/") && $0.rows > Self.mostRows
    }) {
      throw InputError(
        "\(path): '\(long.path)'", expected: "at most \(Self.mostRows) rows", found: "\(long.rows)",
        remedy: "read the file with h5py; reports are for what people can look through")
    }
    let all = StudyResults.all(in: document)
    for name in only where !all.contains(where: { $0.name == name }) {
      let names = all.map(\.name).joined(separator: ", ")
      throw InputError(
        "--study",
        expected: names.isEmpty ? "a study of \(path), which has none" : "one of \(names)",
        found: "'\(name)'")
    }
    self.document = document
    self.path = path
    studies = all.filter { only.isEmpty || only.contains($0.name) }
    let shown = Set(studies.map(\.name))
    let others = all.filter { !shown.contains($0.name) }.map(\.name)
    hidden = Set(
      others.flatMap { ["tables/\($0)", "summary/\($0)", "budgets/\($0)"] }
        + (others.isEmpty ? [] : ["cells"]))
  }

  /// Where a report goes unless a folder is named: beside its file, `results-report` of `results.h5`.
  public static func defaultFolder(of path: String) -> String {
    (path as NSString).deletingPathExtension + "-report"
  }

  // MARK: What all forms say

  static let legend = """
    Bold is the best value of a column; where intervals overlap, another may be. Brackets hold 95 % intervals of \
    metrics, by Student's t over seeds or, of a single seed, over its samples (by the bootstrap, of latent_rmse by Student's t; \
    of recall and coverage over the reference's images), and quartiles over rounds of times. Times are without decoding and compare within a study only.
    """
  static let nothing = "No cell of any study is in this file yet."

  var title: String { "Ablation: \(document[attribute: "title"] ?? path)" }

  /// Versions and hardware: names and values.
  var facts: [(name: String, value: String)] {
    let names: [(AblationAttribute, String)] = [
      (.commit, "commit"), (.codeVersion, "toolkit"), (.numericsVersion, "numerics"),
      (.oneDNN, "oneDNN"), (.hdf5, "HDF5"), (.processor, "processor"), (.threads, "threads"),
      (.system, "system"),
    ]
    return names.compactMap { attribute, name in
      guard let value = document[attribute: attribute.rawValue], !value.isEmpty else { return nil }
      return (name, value)
    }
  }

  var configuration: String? {
    document[attribute: AblationAttribute.configuration.rawValue].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The trainings that the studies use, or all where all studies are shown.
  var trainings: [TrainingPlot] {
    TrainingPlot.all(in: document).filter { hidden.isEmpty || !users(of: $0.hash).isEmpty }
  }

  /// The studies that use a training, each with its cells unless they all do.
  func users(of training: String) -> [String] {
    studies.compactMap { study in
      let cells = study.refiners.filter { $0.training == training }.map(\.cell)
      guard !cells.isEmpty else { return nil }
      if Set(cells) == Set(study.cells) { return study.name }
      return "\(study.name) (\(cells.joined(separator: ", ")))"
    }
  }

  // MARK: In the terminal

  /// The tables of results, aligned.
  /// - Parameter bold: whether the best values are bold by ANSI's codes.
  public func terminalText(bold: Bool) -> String {
    var lines: [String] = []
    for study in studies {
      let title = "\(study.name): \(study.title)".withoutControlCharacters
      lines.append(bold ? "\u{1B}[1m\(title)\u{1B}[0m" : title)
      if !study.results.isEmpty { lines += study.results.terminalLines(bold: bold) }
      lines += study.notes.map { "  \($0)" }
      lines.append("")
    }
    lines.append(studies.isEmpty ? Self.nothing : Self.terminalLegend)
    return lines.joined(separator: "\n") + "\n"
  }

  private static let terminalLegend =
    "Brackets: 95 % intervals of metrics, quartiles over rounds of times. Bold: best of a column."

  // MARK: Files

  /// The report's files by their names: `report.html`, `tables.md`, and a CSV file of each table.
  func files() throws -> [(name: String, content: String)] {
    var files = [("report.html", try Page(report: self).html()), ("tables.md", markdown)]
    var taken = Set(files.map(\.0))
    for table in document.tables where !hidden.contains(table.path) {
      files.append((Self.fileName(of: table.path, taken: &taken), table.csv))
    }
    return files
  }

  /// The table's path with hyphens for slashes; `orders.csv` of `tables/orders`.
  private static func fileName(of path: String, taken: inout Set<String>) -> String {
    var parts = path.split(separator: "/").map(String.init)
    // A row for each cell and seed is the table of a study; the other is its summary.
    if parts.first == "tables" { parts.removeFirst() }
    let allowed = parts.joined(separator: "-").map { character in
      character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
        ? character : "_"
    }
    var base = String(allowed.prefix(100))
    if base.hasPrefix(".") || base.isEmpty { base = "_" + base }
    var name = base + ".csv"
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(base)-\(number).csv"
      number += 1
    }
    return name
  }

  var markdown: String {
    var parts = ["# \(Markdown.escape(title))\n"]
    parts.append(
      facts.map { "* \($0.name): \(Markdown.escape($0.value))" }.joined(separator: "\n") + "\n")
    parts.append((studies.isEmpty ? Self.nothing : Self.legend) + "\n")
    for study in studies {
      parts.append("## \(Markdown.escape(study.title)) (\(Markdown.escape(study.name)))\n")
      if !study.notes.isEmpty {
        parts.append(
          study.notes.map { "* \(Markdown.escape($0))" }.joined(separator: "\n") + "\n")
      }
      for (index, table) in study.reportTables.enumerated() {
        if index > 0 { parts.append("### \(Markdown.escape(table.title))\n") }
        parts.append(table.markdown)
      }
    }
    return parts.joined(separator: "\n")
  }
}
