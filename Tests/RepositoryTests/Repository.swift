import Foundation

/// The checkout that this test was built from.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }

  /// What a program left, its standard error after its standard output.
  struct Run {
    let exitCode: Int32
    let output: String

    /// - Parameter environment: replaces what this process has.
    init(
      _ program: String, _ arguments: [String],
      environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
      try self.init(program, arguments, environment: environment, folder: temporaryFolder())
    }

    private init(
      _ program: String, _ arguments: [String], environment: [String: String], folder: String
    ) throws {
      defer { try? FileManager.default.removeItem(atPath: folder) }
      // Files rather than pipes, which fill up.
      let paths = ["\(folder)/stdout", "\(folder)/stderr"]
      for path in paths { _ = FileManager.default.createFile(atPath: path, contents: nil) }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.environment = environment
      process.currentDirectoryURL = URL(fileURLWithPath: Repository.root)
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: paths[0])
      process.standardError = FileHandle(forWritingAtPath: paths[1])
      try process.run()
      process.waitUntilExit()
      exitCode = process.terminationStatus
      output = try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
    }
  }

  /// A new folder, for the caller to remove.
  static func temporaryFolder() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/repository-\(UUID())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}

/// The rows of the tables in a Markdown text.
struct MarkdownTable {
  /// The nearest heading above, without its marks.
  let heading: String
  /// Cells without the spaces around them, in the order of the columns.
  let cells: [String]

  static func rows(of text: String) -> [MarkdownTable] {
    var heading = ""
    var rows: [MarkdownTable] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        heading = String(line.drop { $0 == "#" || $0 == " " })
      } else if line.hasPrefix("|"), !line.hasPrefix("|--") {
        let cells = line.split(separator: "|", omittingEmptySubsequences: false)
          .dropFirst().dropLast()
          .map { $0.trimmingCharacters(in: .whitespaces) }
        rows.append(MarkdownTable(heading: heading, cells: cells))
      }
    }
    return rows
  }
}

extension String {
  /// What stands between backticks.
  var quotedWords: [String] {
    split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
