import Configuration
import Diagnostics
import Testing

/// A schema with one key of every sort.
struct Example: ConfigurationSchema, Equatable {
  enum Colour: String, CaseIterable, ConfigurationValue {
    case red
    case green
  }

  /// Text of the letters a and b.
  struct Letters: ConfigurationValue, Equatable {
    var text = ""
    static var expectation: String { "letters a and b" }
    static var listSeparator: String? { "" }
    var configurationText: String { text }
    init() {}
    init(parsing text: String) throws {
      if let wrong = text.first(where: { $0 != "a" && $0 != "b" }) {
        throw InputError("unknown letter '\(wrong)'")
      }
      self.text = text
    }
  }

  struct Inner: ConfigurationSchema, Equatable {
    var steps = 0
    var rate = 0.5
    var clip: Double?
    mutating func fields(_ table: ConfigurationFields) throws {
      try table.required("steps", &steps, in: .range(1...1000))
      try table.optional("rate", &rate, in: .above(0))
      try table.optional("clip", &clip, in: .range(0..<1))
    }
  }

  struct Extra: ConfigurationSchema, Equatable {
    var size = 8
    var heads = 2
    mutating func fields(_ table: ConfigurationFields) throws {
      try table.optional("size", &size)
      try table.optional("heads", &heads)
    }
    func validate() throws {
      guard heads > 0, size.isMultiple(of: heads) else {
        throw InvalidField("size", expected: "a multiple of heads (\(heads))", found: "\(size)")
      }
    }
  }

  var output = ""
  var seed: UInt64 = 0
  var flag = false
  var colour = Colour.red
  var letters = Letters()
  var lower = 0.0
  var upper = 1.0
  var widths = [1, 2]
  var part: Range<Int>?
  var training = Inner()
  var extra: Extra?

  mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("flag", &flag)
    try table.optional("colour", &colour)
    try table.shorthand("both", Letters.self) { letters.text = $0.text + $0.text }
    try table.optional("letters", &letters)
    try table.pair("range", &lower, &upper)
    try table.list("widths", &widths, in: .atLeast(1), count: 1...3)
    try table.optional("part", &part)
    try table.section("training", &training)
    try table.section("extra", &extra)
  }
}

func decode(_ text: String, overrides: [String] = []) throws -> Example {
  try ConfigurationFile(text: text, name: "x.yaml", overrides: overrides).decode()
}

/// Expects that decoding `text` fails with exactly `message`.
func expectError(
  _ message: String, _ text: String, overrides: [String] = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    let value = try decode(text, overrides: overrides)
    Issue.record("decoded \(value)", sourceLocation: sourceLocation)
  } catch let error as InputError {
    #expect(error.description == message, sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error) is no InputError", sourceLocation: sourceLocation)
  }
}

let minimal = "output: here\ntraining:\n  steps: 5\n"
