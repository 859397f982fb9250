import Foundation
import Storage

/// Everything that a run has left, byte for byte but for what may differ from run to run:
///
/// * how long something took: `seconds` and `samples_per_second` in logs; `seconds` and `timings` in
///   a sweep's records; columns `time_*`, `seconds_*` and `memory_measured` of its results;
/// * which states were saved on the way: the lines of a log that say so, and states but the newest.
struct Products: Sendable {
  /// By path, relative to the workplace.
  private let contents: [String: Data]

  init(of outputs: [String], in place: Workplace) throws {
    var contents: [String: Data] = [:]
    for path in Self.files(outputs, in: place) {
      let data = FileManager.default.contents(atPath: place.path(path)) ?? Data()
      contents[path] = try Self.lasting(data, of: path, in: place)
    }
    let states = contents.keys.filter { $0.contains("/checkpoints/") }
    // One folder of states per run.
    for (_, paths) in Dictionary(
      grouping: states, by: { ($0 as NSString).deletingLastPathComponent })
    {
      for path in paths.sorted().dropLast() { contents[path] = nil }
    }
    self.contents = contents
  }

  /// All files below the outputs.
  static func files(_ outputs: [String], in place: Workplace) -> [String] {
    outputs.flatMap { output -> [String] in
      ((try? FileManager.default.subpathsOfDirectory(atPath: place.path(output))) ?? [])
        .map { "\(output)/\($0)" }
    }.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: place.path(path), isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  /// Paths that only one of the two has, or that hold something else.
  func differences(from other: Products) -> [String] {
    Set(contents.keys).union(other.contents.keys).sorted().filter {
      contents[$0] != other.contents[$0]
    }
  }

  private static func lasting(_ data: Data, of path: String, in place: Workplace) throws -> Data {
    switch (path as NSString).lastPathComponent {
    case let name where name.hasSuffix("log.jsonl"): try log(data)
    case "record.json":
      try JSONSerialization.data(
        withJSONObject: object(data).filter { !["seconds", "timings"].contains($0.key) },
        options: .sortedKeys)
    case "results.h5" where path.hasPrefix("sweep/"): Data(try table(place.path(path)).utf8)
    default: data
    }
  }

  private static func log(_ data: Data) throws -> Data {
    let lines = try data.split(separator: UInt8(ascii: "\n")).map { try object(Data($0)) }
      .filter { $0["event"] as? String != "checkpoint" }
      .map { $0.filter { !["seconds", "samples_per_second"].contains($0.key) } }
    return try JSONSerialization.data(withJSONObject: lines, options: .sortedKeys)
  }

  private static func object(_ data: Data) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  private static func table(_ path: String) throws -> String {
    let document = try ResultsDocument(path: path)
    let tables = document.tables.map { table in
      ResultTable(
        table.path, title: table.title,
        columns: table.columns.filter {
          !$0.name.hasPrefix("time_") && !$0.name.hasPrefix("seconds_")
            && $0.name != "memory_measured"
        })
    }
    return "\(document.attributes)\n\(tables)\n\(document.pictures)"
  }
}
