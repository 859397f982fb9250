import Diagnostics
import Foundation

/// A log of one JSON object per line, appended to while a run goes on.
///
/// Every record is one `write` call, so a reader never waits for it and a kill
/// tears the last line at worst; opening the log drops a torn line.
public final class JSONLinesLog {
  public enum Value: Sendable, Equatable {
    case integer(Int)
    /// Written with the fewest digits that read back equal; NaN and infinities,
    /// which JSON lacks, as null.
    case number(Double)
    case text(String)
    case truth(Bool)
    case list([Value])
  }

  private let path: String
  private var descriptor: Int32

  /// Opens `path` for appending, or starts it with the folders above it.
  public init(path: String) throws {
    self.path = path
    let folder = (path as NSString).deletingLastPathComponent
    if !folder.isEmpty { try AtomicFile.makeDirectory(folder) }
    descriptor = try JSONLinesLog.openForAppending(path)
    try cut { _ in false }
  }

  deinit { close(descriptor) }

  private static func openForAppending(_ path: String) throws -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw InputError("\(path): cannot be opened for writing: \(systemMessage())")
    }
    return descriptor
  }

  /// Appends one record; fields keep their order.
  public func append(_ fields: KeyValuePairs<String, Value>) throws {
    try append(fields.map { ($0.key, $0.value) })
  }

  /// Appends one record; fields keep their order.
  public func append(_ fields: [(String, Value)]) throws {
    let body = fields.map { JSONText.quoted($0) + ":" + JSONLinesLog.encoded($1) }
    let line = Array(("{" + body.joined(separator: ",") + "}\n").utf8)
    let before = lseek(descriptor, 0, SEEK_END)
    var rest = line[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        let error = InputError("\(path): cannot be appended to: \(systemMessage())")
        // A full disk takes a part of a line at times; readers are spared it.
        if before >= 0 { _ = ftruncate(descriptor, before) }
        throw error
      }
      rest = rest.dropFirst(written)
    }
  }

  /// Cuts the log before the first record whose `step` is above `step`: called
  /// on resuming, so that steps run again are not logged twice.
  public func truncate(afterStep step: Int) throws {
    try cut { JSONLinesLog.step($0).map { $0 > Double(step) } ?? false }
  }

  /// Drops every record whose `step` is one for which `isDone` does not hold, wherever it
  /// stands: for work whose pieces are not done in their order. Whole or not at all.
  public func keep(stepsWhere isDone: (Int) -> Bool) throws {
    let file = try ReadOnlyFile(path)
    let lines = try file.bytes(0..<file.size)
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    let kept = lines.filter { line in
      JSONLinesLog.step(line).flatMap { Int(exactly: $0) }.map(isDone) ?? true
    }
    guard kept.count < lines.count else { return }
    try AtomicFile.write(kept.flatMap { $0 + [UInt8(ascii: "\n")] }, to: path)
    let renewed = try JSONLinesLog.openForAppending(path)
    close(descriptor)
    descriptor = renewed
  }

  private static func step(_ line: ArraySlice<UInt8>) -> Double? {
    let record = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
    return (record?["step"] as? NSNumber)?.doubleValue
  }

  /// Drops the first whole line for which `isFirstCut` holds and all after it,
  /// and a last line that has no end.
  private func cut(before isFirstCut: (ArraySlice<UInt8>) -> Bool) throws {
    let file = try ReadOnlyFile(path)
    let lines = try file.bytes(0..<file.size)
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    let kept = lines.prefix { !isFirstCut($0) }
    let length = kept.reduce(0) { $0 + $1.count + 1 }
    guard length < file.size else { return }
    guard ftruncate(descriptor, off_t(length)) == 0 else {
      throw InputError("\(path): cannot be cut: \(systemMessage())")
    }
  }

  private static func encoded(_ value: Value) -> String {
    switch value {
    case .integer(let number): String(number)
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .text(let text): JSONText.quoted(text)
    case .truth(let flag): flag ? "true" : "false"
    case .list(let values): "[" + values.map(encoded).joined(separator: ",") + "]"
    }
  }
}
