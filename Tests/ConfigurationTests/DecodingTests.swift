import Configuration
import Diagnostics
import Testing

@Suite struct DecodingTests {
  @Test func readsEveryKindOfKey() throws {
    let value = try decode(
      """
      output: "2024"
      seed: 18446744073709551615
      flag: true
      colour: green
      both: ab
      range: [0, 0.12]
      widths: [4, 5, 6]
      part: 10..<20
      training: {steps: 7, rate: 1e-4, clip: null}
      extra: {size: 6, heads: 3}
      """)
    var expected = Example()
    expected.output = "2024"
    expected.seed = .max
    expected.flag = true
    expected.colour = .green
    expected.letters.text = "abab"
    (expected.lower, expected.upper) = (0, 0.12)
    expected.widths = [4, 5, 6]
    expected.part = 10..<20
    expected.training = .init(steps: 7, rate: 1e-4, clip: nil)
    expected.extra = .init(size: 6, heads: 3)
    #expect(value == expected)
  }

  @Test func keepsDefaultsAndReadsListsAsOneValue() throws {
    var expected = Example()
    expected.output = "here"
    expected.training.steps = 5
    #expect(try decode(minimal) == expected)
    #expect(try decode(minimal + "letters: [a, b]\n").letters.text == "ab")
    #expect(try decode(minimal + "extra: {}\n").extra == Example.Extra())
  }

  @Test func unknownKeysNameTheNearest() {
    expectError(
      "x.yaml:4: training.stepz: unknown key; did you mean training.steps?",
      "output: here\ntraining:\n  rate: 1\n  stepz: 5\n")
    expectError(
      "x.yaml:2: trainning: unknown key; did you mean training?",
      "output: here\ntrainning:\n  steps: 5\n")
    expectError(
      "x.yaml:4: training.learning_clip: unknown key; valid keys here: steps, rate, clip",
      minimal + "  learning_clip: 5\n")
    expectError("x.yaml:4: Widths: unknown key; did you mean widths?", minimal + "Widths: [1]\n")
    expectError("x.yaml:4: seedValue: unknown key; did you mean seed?", minimal + "seedValue: 1\n")
    expectError("x.yaml:4: <<: unknown key; \(validKeys)", minimal + "<<: {seed: 1}\n")
  }

  private let validKeys =
    "valid keys here: output, seed, flag, colour, both, letters, range, widths, part, training, extra"

  @Test func missingKeysAreNamed() {
    expectError(
      "x.yaml:1: output: missing key; expected text that is not empty", "training: {steps: 1}")
    expectError(
      "x.yaml:2: training.steps: missing key; expected an integer from 1 to 1000",
      "output: here\ntraining:\n  rate: 1\n")
    expectError(
      "x.yaml:1: training.steps: missing key; expected an integer from 1 to 1000", "output: here\n")
    expectError("x.yaml:1: output: missing key; expected text that is not empty", "")
  }

  @Test func wrongTypesAreNamed() {
    expectError(
      "x.yaml:1: training.steps: expected an integer from 1 to 1000, found 'many'",
      "training: {steps: many}")
    expectError(
      "x.yaml:1: training.steps: expected an integer from 1 to 1000, found '5'",
      "training: {steps: \"5\"}")
    expectError(
      "x.yaml:1: training.steps: expected an integer from 1 to 1000, found 1.5",
      "training: {steps: 1.5}")
    expectError(
      "x.yaml:1: training.steps: expected an integer from 1 to 1000, found nothing (null)",
      "training: {steps: }")
    expectError("x.yaml:1: training: expected a section of keys, found 5", "training: 5")
    expectError("x.yaml:1: training: expected a section of keys, found a list of 0", "training: []")
    expectError(
      "x.yaml:1: output: expected text that is not empty, found 2024; write it in quotes to mean text",
      "output: 2024")
    expectError("x.yaml:4: flag: expected true or false, found 'yes'", minimal + "flag: yes")
    expectError("x.yaml:4: seed: expected an integer, found a section", minimal + "seed: {a: 1}")
    expectError(
      "x.yaml:4: letters: expected letters a and b, found a list of 1", minimal + "letters: [{}]")
  }

  @Test func impossibleValuesAreNamed() {
    expectError(
      "x.yaml:1: training.steps: expected an integer from 1 to 1000, found 0",
      "training: {steps: 0}")
    expectError(
      "x.yaml:1: training.steps: expected an integer from -9223372036854775808 to "
        + "9223372036854775807, found 99999999999999999999",
      "training: {steps: 99999999999999999999}")
    expectError(
      "x.yaml:4: seed: expected an integer from 0 to 18446744073709551615, found -1",
      minimal + "seed: -1")
    // In float32 they would be infinite or 0, in a step far from here.
    for text in ["1e308", "3.5e38", "1e-40", "5e-324"] {
      expectError(
        "x.yaml:1: training.rate: expected 0 or a number that float32 holds, of an amount from "
          + "1e-37 to 3.4e+38, found \(text)", "training: {rate: \(text)}")
    }
    for text in [".nan", ".inf", "-.INF", "1e999"] {
      expectError(
        "x.yaml:1: training.rate: expected a finite number, found \(text)",
        "training: {rate: \(text)}")
    }
    expectError(
      "x.yaml:1: training.rate: expected a number above 0.0, found 0", "training: {rate: 0}")
    expectError(
      "x.yaml:1: training.clip: expected a number from 0.0 to below 1.0, found 1",
      "training: {clip: 1}")
    expectError("x.yaml:1: output: expected text that is not empty, found ''", "output: ''")
    expectError(
      "x.yaml:1: colour: expected one of red, green, found 'gren'; did you mean green?",
      "colour: gren")
    expectError("x.yaml:2: letters: unknown letter 'c'", "\nletters: abc")
    expectError("x.yaml:2: both: unknown letter 'c'", "\nboth: abc")
    expectError(
      "x.yaml:1: range: expected a list of 2, each a number, found a list of 3", "range: [1, 2, 3]")
    expectError(
      "x.yaml:3: widths[1]: expected an integer of at least 1, found 0", "widths:\n- 1\n- 0")
    expectError(
      "x.yaml:1: widths: expected a list of 1 to 3, each an integer of at least 1, found a list of 0",
      "widths: []")
    expectError("x.yaml:1: part: expected a range like 0..<5000, found '5..<1'", "part: 5..<1")
  }

  @Test func rulesOverSeveralKeysAreNamed() {
    expectError(
      "x.yaml:6: extra.size: expected a multiple of heads (3), found 8",
      minimal + "extra:\n  heads: 3\n  size: 8\n")
    expectError(
      "x.yaml:4: extra.size: expected a multiple of heads (3), found 8",
      minimal + "extra:\n  heads: 3\n")
  }

  @Test func helperFailsOnOtherErrors() {
    withKnownIssue { expectError("something else", minimal + "flag: yes") }
    withKnownIssue { expectError("no error", minimal) }
  }
}
