import Diagnostics
import Randomness

/// What a reader did with mutated files.
public struct FuzzReport: Sendable, CustomStringConvertible {
  public internal(set) var accepted = 0
  public internal(set) var refused = 0
  public internal(set) var longest = Duration.zero
  /// The number of the mutation that took longest.
  public internal(set) var longestNumber = 0
  /// How far the process's memory rose above that at the start, in bytes.
  public internal(set) var memoryGrowth = 0

  public var description: String {
    "\(accepted) accepted, \(refused) refused, longest \(longest) (mutation \(longestNumber)), "
      + "memory grew by \(memoryGrowth >> 20) MiB"
  }
}

/// A reader did neither accept nor refuse an input.
public struct FuzzFailure: Error, CustomStringConvertible {
  public let seed: UInt64
  public let number: Int
  public let input: [UInt8]
  public let error: any Error

  public var description: String {
    "mutation \(number) of seed \(seed), \(input.count) bytes: \(error)"
  }
}

/// Hands `mutations` damaged files to `body`, which reads them as far as it can.
///
/// An `InputError` is a refusal and right; anything else that is thrown is not. A crash ends the
/// process: the file that ``FuzzFile`` leaves behind caused it. Mutation number n depends on
/// `corpus`, `seed` and n alone, so that `first` repeats a single one.
/// - Throws: ``FuzzFailure`` with the input at the first failure.
public func fuzz(
  corpus: [[UInt8]], mutations: Int, seed: UInt64, first: Int = 0,
  body: ([UInt8]) throws -> Void
) throws -> FuzzReport {
  var report = FuzzReport()
  let clock = ContinuousClock()
  let memory = PeakMemory()
  for number in first..<first + mutations {
    let input = mutated(corpus: corpus, seed: seed, number: number)
    let start = clock.now
    do {
      try body(input)
      report.accepted += 1
    } catch is InputError {
      report.refused += 1
    } catch {
      throw FuzzFailure(seed: seed, number: number, input: input, error: error)
    }
    let duration = clock.now - start
    if duration > report.longest { (report.longest, report.longestNumber) = (duration, number) }
  }
  report.memoryGrowth = memory.growth
  return report
}

/// One to eight mutations of a file of the corpus.
public func mutated(corpus: [[UInt8]], seed: UInt64, number: Int) -> [UInt8] {
  var random = RandomStream(seed: seed, purpose: .noise, index: UInt64(number))
  var bytes = random.pick(corpus)
  let count = 1 << random.place(in: 4)
  for _ in 0..<count {
    // Half of the mutations keep the length, as more of what follows then stays readable.
    let mutation =
      random.place(in: 2) == 0
      ? random.pick([Mutation.flipBit, .setByte, .extremeInteger, .extremeDigits])
      : random.pick(Mutation.allCases)
    mutation.apply(to: &bytes, other: random.pick(corpus), &random)
  }
  return bytes
}
