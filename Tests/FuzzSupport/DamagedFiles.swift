import Diagnostics
import Foundation

/// A reader under damaged files, and what it has to keep to: each file is read, or refused by an
/// `InputError` of one line that names the file; soon, and in little memory.
public struct DamagedFiles: Sendable {
  /// Files per reader, as `FUZZ_MUTATIONS` sets them: 5000 in `make test-faults`, 100 000 in its
  /// long form, 200 000 in `make fuzz`. Nil in the tests that run always.
  public static let mutations = ProcessInfo.processInfo.environment["FUZZ_MUTATIONS"]
    .flatMap(Int.init)

  /// Of the mutations; `FUZZ_SEED` makes others.
  public static let seed =
    ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap(UInt64.init) ?? 1

  /// A message longer than this is no line for people.
  public static let longestMessage = 6100

  /// Files where the environment asks for no number.
  public var shortForm: Int
  /// No file may take longer.
  public var slowest: Duration
  /// The process may not grow by more, in bytes.
  public var memory: Int

  public init(
    shortForm: Int = 2000, slowest: Duration = .seconds(5), memory: Int = 64 << 20
  ) {
    self.shortForm = shortForm
    self.slowest = slowest
    self.memory = memory
  }

  /// Damages files of `corpus` and has each read.
  ///
  /// Time and memory are judged where the environment asks for a number, as beside other tests
  /// they are not this reader's alone.
  /// - Parameters:
  ///   - name: of the reader, for messages and the file that a crash leaves.
  ///   - more: memory that the files seen so far may take beside ``memory``, in bytes.
  ///   - read: reads the file at a path as far as it can.
  /// - Throws: ``FuzzFailure`` for the first file that is neither read nor refused well,
  ///   ``BoundExceeded`` for time, memory, or files that are all of a kind.
  @discardableResult
  public func run(
    _ name: String, corpus: [[UInt8]], more: () -> Int = { 0 }, read: (String) throws -> Void
  ) throws -> FuzzReport {
    let file = FuzzFile(name)
    let count = Self.mutations ?? shortForm
    let report = try fuzz(corpus: corpus, mutations: count, seed: Self.seed) { bytes in
      try file.write(bytes)
      do {
        try read(file.path)
      } catch let error as InputError {
        let text = error.description
        guard text.contains(file.path), text.utf8.count <= Self.longestMessage,
          !text.contains(where: \.isNewline)
        else { throw PoorMessage(text: String(text.prefix(400))) }
        throw error
      }
    }
    try require(report.accepted > 0 && report.refused > 0, name, report, "files of both kinds")
    guard Self.mutations != nil else { return report }
    print("fuzz \(name): \(count) files: \(report)")
    try require(report.longest < slowest, name, report, "at most \(slowest) a file")
    let allowed = memory + more()
    try require(report.memoryGrowth < allowed, name, report, "at most \(allowed >> 20) MiB more")
    return report
  }

  private func require(
    _ holds: Bool, _ name: String, _ report: FuzzReport, _ bound: String
  ) throws {
    guard holds else { throw BoundExceeded(description: "\(name): expected \(bound): \(report)") }
  }

  /// A reader took too long or too much, or the files were all good or all bad.
  public struct BoundExceeded: Error, CustomStringConvertible {
    public let description: String
  }

  /// A refusal that does not help: no name of the file, or no single line.
  public struct PoorMessage: Error, CustomStringConvertible {
    let text: String
    public var description: String { "a message without the file's name, or too long: \(text)" }
  }

  /// Answers of a reader that do not fit each other.
  public struct Contradiction: Error, CustomStringConvertible {
    public let description: String
    public init(_ text: String) { description = text }
  }
}
