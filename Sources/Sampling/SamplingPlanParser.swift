import Diagnostics

/// Reads the block form of a ``SamplingPlan``:
///
///     plan  = item+
///     item  = letter count? | "[" plan "]" ( "x" count )?
///
/// A missing count is 1; a letter with count 0 is left out.
struct SamplingPlanParser {
  private static let maximumDepth = 16

  private let text: [Character]
  private var position = 0

  init(_ text: String) {
    self.text = Array(text)
  }

  mutating func parse() throws -> [SamplingBlock] {
    let blocks = try items(depth: 0)
    guard position == text.count else { throw unexpected() }
    guard !blocks.isEmpty else { throw failure("has no steps; write it like H4P3R2") }
    return blocks
  }

  private mutating func items(depth: Int) throws -> [SamplingBlock] {
    guard depth <= Self.maximumDepth else {
      throw failure("groups nested deeper than \(Self.maximumDepth)")
    }
    var blocks: [SamplingBlock] = []
    while position < text.count, text[position] != "]" {
      let item: [SamplingBlock]
      let count: Int
      if text[position] == "[" {
        let start = position
        position += 1
        item = try items(depth: depth + 1)
        guard position < text.count else {
          throw failure("the group opened at position \(start + 1) is not closed by ']'")
        }
        position += 1
        count = try repetitions()
      } else {
        guard let block = SamplingBlock(rawValue: text[position]) else { throw unexpected() }
        position += 1
        item = [block]
        count = try number() ?? 1
      }
      // Every factor is at most maximumSteps, so that the product cannot overflow.
      guard blocks.count + item.count * count <= SamplingPlan.maximumSteps else {
        throw failure("has more than \(SamplingPlan.maximumSteps) steps")
      }
      for _ in 0..<count where !item.isEmpty { blocks += item }
    }
    return blocks
  }

  private mutating func repetitions() throws -> Int {
    guard position < text.count, text[position] == "x" else { return 1 }
    position += 1
    guard let count = try number() else {
      throw failure("expected a count after 'x' at position \(position)")
    }
    return count
  }

  private mutating func number() throws -> Int? {
    let digits = text[position...].prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { return nil }
    guard let value = Int(String(digits)), value <= SamplingPlan.maximumSteps else {
      throw failure(
        "the count at position \(position + 1) is above \(SamplingPlan.maximumSteps)")
    }
    position += digits.count
    return value
  }

  private func unexpected() -> InputError {
    let character = text[position]
    let what = character.isLetter ? "unknown letter" : "unexpected character"
    return failure(
      "\(what) '\(character)' at position \(position + 1); valid letters: "
        + "H (Heun), P (pseudo corrector), R (refiner)")
  }

  private func failure(_ problem: String) -> InputError {
    InputError("plan '\(String(text.prefix(60)))': \(problem)")
  }
}
