import Configuration
import Testing

@Suite struct ResolvedConfigurationTests {
  @Test func writesEveryKeyInOrder() throws {
    var value = try decode(minimal)
    value.extra = .init()
    #expect(
      try ResolvedConfiguration(value).yaml == """
        output: here
        seed: 0
        flag: false
        colour: red
        letters: ""
        range: [0.0, 1.0]
        widths: [1, 2]
        part: null
        training:
          steps: 5
          rate: 0.5
          clip: null
        extra:
          size: 8
          heads: 2

        """)
  }

  @Test(arguments: [
    "plain", "2024", "true", "null", "~", "yes", "1e5", ".5", "-", "- a", "a: b", "a #b", " a ",
    "a:", "[x]", "{", "'", "\"", "\\", "tab\tnew\nline", "\u{1B}", "Zürich 🏔", "x\u{FEFF}\u{2028}y",
    "*a", "&a", "!t", "%", "@", "`", "runs/a-b_c.d", "---", "...", "heun:4", "?", "|", ">", "-1",
  ])
  func textsRoundTrip(_ text: String) throws {
    var value = try decode(minimal)
    value.output = text
    value.extra = .init(size: 6, heads: 3)
    value.part = 0..<5000
    value.training.rate = 0.1 + 0.2
    let yaml = try ResolvedConfiguration(value).yaml
    let again = try decode(yaml)
    #expect(again == value)
    #expect(try ResolvedConfiguration(again).yaml == yaml)
  }

  @Test(arguments: [1e-37, 3.4e38, 1e-10, 123_456_789.123, 1e22])
  func numbersRoundTrip(_ number: Double) throws {
    var value = try decode(minimal)
    value.training.rate = number
    #expect(try decode(ResolvedConfiguration(value).yaml) == value)
  }
}
