import Files
import Foundation
import PipelinesTestSupport
import TemporaryFolders
import Testing

@testable import Ablation

@Suite struct ClaimTests {
  private func write(_ claim: Claim, to folder: SweepFolder) throws {
    try AtomicFile.write(
      Array(JSONEncoder().encode(claim)), to: "\(folder.claims)/\(claim.step).json")
  }

  private func claim(
    _ step: String, process: Int32 = getpid(), start: String? = nil,
    place: String = ProcessPlace.current.name, heartbeat: Date = Date()
  ) -> Claim {
    Claim(
      token: "another", host: "there", place: place, process: process,
      processStart: start ?? ProcessPlace.start(of: process) ?? "", step: step, since: heartbeat,
      heartbeat: heartbeat, isExclusive: false)
  }

  /// As two processes have them of one sweep.
  private func withTwoTables(
    _ body: (_ one: ClaimTable, _ two: ClaimTable, _ folder: SweepFolder) throws -> Void
  ) throws {
    try withTemporaryFolder { root in
      let folder = SweepFolder(root: root)
      let (one, two) = (try ClaimTable(folder), try ClaimTable(folder))
      defer {
        one.end()
        two.end()
      }
      try body(one, two, folder)
    }
  }

  @Test func oneOfTwoGetsAStep() throws {
    try withTwoTables { one, two, _ in
      #expect(try one.claim("a", isExclusive: false) == .mine)
      guard case .taken(let holder) = try two.claim("a", isExclusive: false) else {
        Issue.record("claimed twice")
        return
      }
      #expect(holder.token == one.token && holder.process == getpid())
      #expect(try two.claim("b", isExclusive: false) == .mine)
      #expect(try one.others().map(\.step) == ["b"])
      // What is not one's own is not released, nor written for.
      try two.release("a")
      #expect(try two.ifStillMine("a") { Issue.record("not mine") } == false)
      #expect(try two.others().map(\.step) == ["a"])
      try one.release("a")
      #expect(try two.claim("a", isExclusive: false) == .mine)
      two.end()
      #expect(try one.others().isEmpty)
    }
  }

  @Test func nothingBeginsBesideWhatIsExclusive() throws {
    try withTwoTables { one, two, _ in
      #expect(try two.claim("b", isExclusive: false) == .mine)
      // It is claimed beside work that goes on, for whose end its runner waits.
      #expect(try one.claim("times", isExclusive: true) == .mine)
      #expect(try one.others().count == 1)
      for (step, isExclusive) in [("c", false), ("other times", true)] {
        guard case .blocked(let holder) = try two.claim(step, isExclusive: isExclusive) else {
          Issue.record("\(step) was claimed")
          continue
        }
        #expect(holder.step == "times")
      }
      try one.release("times")
      #expect(try two.claim("c", isExclusive: false) == .mine)
    }
  }

  @Test func claimsOfTheDeadAreVoid() throws {
    try withTemporaryFolder { root in
      let folder = SweepFolder(root: root)
      let table = try ClaimTable(folder)
      defer { table.end() }
      let old = Date(timeIntervalSinceNow: -2 * Claim.expiry)
      // Alive here, however long it has said nothing; gone; its number another's; elsewhere, in
      // time and late.
      try write(claim("here", heartbeat: old), to: folder)
      try write(claim("gone", process: .max, start: "1"), to: folder)
      try write(claim("reused", start: "1"), to: folder)
      try write(claim("there", process: .max, place: "elsewhere"), to: folder)
      try write(claim("late", process: .max, place: "elsewhere", heartbeat: old), to: folder)
      try AtomicFile.write("no claim", to: "\(folder.claims)/text.json")
      #expect(try table.others().map(\.step) == ["here", "there"])
      for step in ["gone", "reused", "late", "text"] {
        #expect(try table.claim(step, isExclusive: false) == .mine, "\(step)")
      }
    }
  }

  @Test func heartbeatsKeepAClaimYoung() throws {
    try withTwoTables { one, two, folder in
      #expect(try one.claim("a", isExclusive: false) == .mine)
      let before = try #require(try two.others().first)
      one.beat()
      let after = try #require(try two.others().first)
      #expect(after.heartbeat > before.heartbeat && after.since == before.since)
      // Taken over, it is not written for any more.
      try write(claim("a"), to: folder)
      one.beat()
      #expect(try two.others().map(\.token) == ["another"])
    }
  }
}
