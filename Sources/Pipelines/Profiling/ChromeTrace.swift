import Diagnostics
import Files
import Foundation

/// A profile in Chrome's trace event format: one complete event ("X") per span, its thread
/// one of the numbers in which threads reported first.
enum ChromeTrace {
  static func text(of profile: Profile) -> String {
    let (kinds, spans) = profile.events
    // Each kind's words are written once.
    let words = kinds.map { kind in
      var text = "\"name\":\(JSONText.quoted(kind.name)),\"cat\":\"\(kind.category.rawValue)\""
      if !kind.detail.isEmpty {
        text +=
          ",\"args\":{\"shapes\":\(JSONText.quoted(kind.detail)),"
          + "\"multiply-adds\":\(kind.multiplyAdds)}"
      }
      return text
    }
    var lines = (0..<(spans.map(\.thread).max() ?? -1) + 1).map { thread in
      "{\"ph\":\"M\",\"pid\":1,\"tid\":\(thread),\"name\":\"thread_name\","
        + "\"args\":{\"name\":\"\(thread == 0 ? "main" : "beside \(thread)")\"}}"
    }
    lines.reserveCapacity(lines.count + spans.count)
    for span in spans {
      lines.append(
        "{\"ph\":\"X\",\"pid\":1,\"tid\":\(span.thread),\"ts\":\(microseconds(span.start)),"
          + "\"dur\":\(microseconds(span.end - span.start)),\(words[span.kind])}")
    }
    return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + lines.joined(separator: ",\n")
      + "\n]}\n"
  }

  /// The format's unit, with the nanoseconds as decimals.
  private static func microseconds(_ nanoseconds: Int64) -> String {
    let rest = String(nanoseconds % 1000)
    return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
