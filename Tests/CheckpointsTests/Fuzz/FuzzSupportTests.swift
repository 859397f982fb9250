import Diagnostics
import Foundation
import FuzzSupport
import Randomness
import Testing

/// The fuzzing itself: it must damage, repeat itself and see failures.
@Suite struct FuzzSupportTests {
  struct Fault: Error {}

  static let corpus = [Array(0..<200), Array("header 12345 and 678".utf8)] as [[UInt8]]

  @Test func everyMutationChangesSomething() {
    for mutation in Mutation.allCases {
      var changed = 0
      for index in 0..<100 as Range<UInt64> {
        var random = RandomStream(seed: 1, purpose: .noise, index: index)
        var bytes = Self.corpus[1]
        mutation.apply(to: &bytes, other: Self.corpus[0], &random)
        changed += bytes == Self.corpus[1] ? 0 : 1
        var none: [UInt8] = []
        mutation.apply(to: &none, other: [], &random)
        #expect(none.isEmpty)
      }
      #expect(changed > 60, "\(mutation): \(changed)")
    }
  }

  @Test func countsAndRepeats() throws {
    var seen: [[UInt8]] = []
    let report = try fuzz(corpus: Self.corpus, mutations: 300, seed: 3) { bytes in
      seen.append(bytes)
      if bytes.count < 100 { throw InputError("too short") }
    }
    #expect(report.accepted == seen.count { $0.count >= 100 } && report.accepted > 50)
    #expect(report.refused == 300 - report.accepted && report.refused > 50)
    #expect(report.longest > .zero)
    var again: [[UInt8]] = []
    _ = try fuzz(corpus: Self.corpus, mutations: 3, seed: 3, first: 7) { again.append($0) }
    #expect(again == Array(seen[7..<10]))
    #expect(Set(seen).count > 290)
  }

  @Test func otherErrorsAreFailures() {
    let failure = #expect(throws: FuzzFailure.self) {
      try fuzz(corpus: Self.corpus, mutations: 300, seed: 3) { bytes in
        if bytes.count < 100 { throw Fault() }
      }
    }
    #expect(failure?.error is Fault)
    #expect(
      failure.map { mutated(corpus: Self.corpus, seed: $0.seed, number: $0.number) == $0.input }
        == true)
  }

  /// In a process of its own, as the other tests' memory comes and goes.
  @Test func memoryIsSeen() async {
    await #expect(processExitsWith: .success) {
      let report = try fuzz(corpus: [[1, 2, 3]], mutations: 2, seed: 3) { _ in
        let bytes = [UInt8](repeating: 7, count: 64 << 20)
        if bytes.last != 7 { exit(2) }
      }
      exit(report.memoryGrowth > 32 << 20 ? 0 : 1)
    }
  }

  @Test func fileHoldsWhatWasWrittenLast() throws {
    var path = ""
    do {
      let file = FuzzFile("test")
      path = file.path
      try file.write([1, 2, 3])
      try file.write([4])
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([4]))
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
