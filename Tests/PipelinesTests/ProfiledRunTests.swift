import Diagnostics
import Foundation
import PipelinesTestSupport
import Synchronization
import TemporaryFolders
import Testing

@testable import Pipelines

@Suite struct ProfiledRunTests {
  /// An event of Chrome's trace format.
  private struct Event: Decodable {
    let ph: String
    let name: String
    let tid: Int
    let ts: Double?
    let dur: Double?
    let args: [String: Argument]?
  }

  private enum Argument: Decodable, Equatable {
    case text(String), number(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  private struct Trace: Decodable {
    let traceEvents: [Event]
  }

  private func events(of profile: Profile) throws -> [Event] {
    try JSONDecoder().decode(Trace.self, from: Data(ChromeTrace.text(of: profile).utf8)).traceEvents
  }

  @Test func tracesHoldEverySpanInMicroseconds() throws {
    let profile = Profile()
    let kind = profile.number(
      of: Profile.Kind(.operation, "a \"name\"", detail: "[2, 3]", multiplyAdds: 6))
    let start = Profile.now
    profile.record(kind, from: start, to: start + 1_002_003)
    let events = try events(of: profile)
    #expect(events.map(\.ph) == ["M", "X"])
    let span = try #require(events.last)
    #expect(span.name == "a \"name\"")
    #expect(span.dur == 1002.003)
    #expect(span.args == ["shapes": .text("[2, 3]"), "multiply-adds": .number(6)])
  }

  @Test func emptyTracesAreValid() throws {
    #expect(try events(of: Profile()).isEmpty)
  }

  @Test func tablesSumUpWhatTheyLeaveOut() {
    let totals = [
      Profile.Total(
        kind: .init(.operation, "linear", multiplyAdds: 1e9, precision: "bfloat16"), calls: 2,
        seconds: 0.5),
      Profile.Total(kind: .init(.operation, "add"), calls: 4, seconds: 0.25),
      Profile.Total(kind: .init(.operation, "slice"), calls: 1, seconds: 0.05),
      Profile.Total(kind: .init(.phase, "write"), calls: 3, seconds: 0.1),
    ]
    let rows = ProfileTable.operations(
      totals, wall: 1, peaks: ["bfloat16": 8e9, "float32": 1], limit: 1)
    #expect(
      rows.dropFirst() == [
        ["linear", "", "2", "500.0", "50.0 %", "8", "50.0 %"],
        ["others", "", "5", "300.0", "30.0 %", "0", "0.0 %"],
        ["all operations", "", "7", "800.0", "80.0 %", "5", "31.3 %"],
      ])
    #expect(
      ProfileTable.phases(totals, wall: 1).dropFirst() == [["write", "3", "100.0", "10.0 %"]])
  }

  @Test func runsThatFailAreReportedToo() throws {
    struct Failure: Error {}
    try withTemporaryFolder { folder in
      let titles = Mutex<[String]>([])
      let run = try ProfiledRun(trace: "\(folder)/trace.json") { event in
        if case .table(let title, _) = event { titles.withLock { $0.append(title) } }
      }
      #expect(throws: Failure.self) {
        try run { try Profile.phase("half") { throw Failure() } }
      }
      #expect(titles.withLock(\.count) == 2)
      let text = try String(contentsOfFile: "\(folder)/trace.json", encoding: .utf8)
      #expect(text.contains("\"name\":\"half\""))
    }
  }

  @Test func tracesThatCannotBeWrittenAreRefusedFirst() throws {
    try withTemporaryFolder { folder in
      try "a file".write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
      #expect(throws: InputError.self) {
        _ = try ProfiledRun(trace: "\(folder)/file/trace.json") { _ in }
      }
    }
  }
}
