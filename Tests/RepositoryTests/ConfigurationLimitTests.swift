import Configuration
import Diagnostics
import Foundation
import FuzzSupport
import Pipelines
import Testing

/// Every key of every configuration at and beyond its limits: a value is taken, and then printed
/// and read again as itself, or it is an error of one line that names a key of the file.
@Suite struct ConfigurationLimitTests {
  /// What people and programs write by mistake.
  private static let hostile = [
    "0", "-1", "-0.0", "1e308", "-1e308", "1e-320", "1e999", ".nan", ".inf", "-.inf",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "18446744073709551615", "18446744073709551616", "1" + String(repeating: "0", count: 400),
    "\"\"", "null", "true", "[]", "{}", "[1]", "[[1]]", "{a: 1}", "[1, [2, {b: 3}]]", "x",
    "\"\\0\"", "\"a\\nb\"", "!!int 1", "&a 1", "*a", "0x10", "1_000", "+5", "1.", "é\u{301}",
    "1..<2", "0..<9223372036854775807", "H1000000000", "[[[[H9999]x9999]x9999]x9999]", "euler:0",
    "dopri5:99999999999999999999", "{shift: 1e308}", "shift:.nan", "0-99999999999", "a,b",
  ]

  /// Those that take long to read, for the long form and for one key each.
  private static var large: [String] {
    let size = DamagedFiles.mutations == nil ? 5000 : 100_000
    return [
      String(repeating: "x", count: 10 * size), String(repeating: "9", count: 10 * size),
      "[" + String(repeating: "1, ", count: size) + "1]",
      String(repeating: "[", count: 500) + String(repeating: "]", count: 500),
      String(repeating: "{a: ", count: 500) + "1" + String(repeating: "}", count: 500),
      String(repeating: "[", count: size), String(repeating: "- ", count: size) + "1",
      "H" + String(repeating: "9", count: size), String(repeating: "[", count: size) + "H1",
      String(repeating: "1,", count: size) + "1",
    ]
  }

  @Test func everyKeyTakesOrRefusesEveryValue() throws {
    let isLong = DamagedFiles.mutations != nil
    let rows = MarkdownTable.rows(of: try Repository.text("docs/configuration.md"))
    var known: Set<String> = []
    var (keys, bounded, values, refused, turn) = (0, 0, 0, 0, 0)
    for item in EveryConfiguration.filled {
      let walked = try Walked(item)
      for key in walked.keys {
        let row = rows.first {
          $0.cells.first == "`\(key.name)`"
            && EveryConfiguration.concerns(
              $0.heading, command: item.command, section: key.section)
        }
        let cells = row.map { $0.cells.joined(separator: "|") } ?? ""
        guard isLong || known.insert(cells).inserted else { continue }
        keys += 1
        let limits = KeyLimits(row?.cells ?? [])
        bounded += limits.outside.isEmpty ? 0 : 1
        for value in limits.outside {
          let isRefused = try walked.isRefused(key.path, value)
          #expect(isRefused, "\(item.command): \(key.path) = \(value) is beyond \(cells)")
        }
        // The short form takes turns.
        let hostile =
          isLong
          ? Self.hostile + Self.large
          : (0..<6).map { Self.hostile[(turn + 8 * $0) % Self.hostile.count] }
        turn += 1
        for value in limits.inside + hostile {
          values += 1
          refused += try walked.isRefused(key.path, value) ? 1 : 0
        }
      }
    }
    #expect(keys > 100 && bounded > 60 && values > 800)
    #expect(refused > values / 3 && refused < values)
    if isLong { print("\(keys) keys, \(values) values, \(refused) refused") }
  }

  /// Long texts and deep nesting for one key of each kind, in time.
  @Test func largeValuesAreRefusedSoon() throws {
    let item = try #require(EveryConfiguration.filled.first { $0.command == "sample" })
    let walked = try Walked(item)
    let clock = ContinuousClock()
    let paths = ["sampling.count", "sampling.plan", "sampling.labels", "output"]
    for path in paths {
      for value in Self.large {
        let time = try clock.measure { _ = try walked.isRefused(path, value) }
        #expect(time < .seconds(10), "\(path) = \(value.prefix(20))…: \(time)")
      }
    }
  }

  /// The test sees what it is for.
  @Test func limitsAreReadFromTheTables() {
    #expect(KeyLimits(["`a`", "1…65 536", "`16`", ""]).outside == ["0", "65537"])
    #expect(KeyLimits(["`a`", "1…10⁹", "`10`", ""]).outside == ["0", "1000000001"])
    #expect(KeyLimits(["`a`", "pixels, 0…256, or null", "`null`", ""]).outside == ["-1", "257"])
    #expect(KeyLimits(["`a`", "10⁻¹²…1", "`1e-06`", ""]).outside == ["-1.0", "2.0"])
    #expect(KeyLimits(["`a`", "−100…100", "`0.0`", ""]).inside == ["-100.0", "100.0"])
    #expect(KeyLimits(["`a`", "number > 0", "`0.1`", ""]).outside == ["0", "-1", "1e308"])
    #expect(KeyLimits(["`a`", "list of 1…8 widths", "`[1]`", ""]).outside == [])
  }
}

/// A configuration whose keys are set one by one.
private struct Walked {
  struct Key {
    let path: String
    var name: String { path.split(separator: ".").last.map(String.init) ?? "" }
    var section: String { path.split(separator: ".").dropLast().joined(separator: ".") }
  }

  let command: String
  let keys: [Key]
  private let text: String
  private let schema: any ConfigurationSchema
  /// Sections, too.
  private let names: [String]

  /// - Throws: where the values that this puts into required keys do not do.
  init(_ item: EveryConfiguration.Item) throws {
    command = item.command
    schema = item.schema
    let found = try EveryConfiguration.keys(item.schema)
    keys = found.map { Key(path: $0.path) }
    names = Set(keys.flatMap { [$0.path, $0.section] }).filter { !$0.isEmpty }.sorted()
    text = try Self.filled(item)
    _ = try Self.decode(item.schema, text, [])
  }

  /// Canonical YAML with values for what is required.
  private static func filled(_ item: EveryConfiguration.Item) throws -> String {
    func yaml(_ schema: some ConfigurationSchema) throws -> String {
      try ResolvedConfiguration(schema).yaml
    }
    return try yaml(item.schema).split(separator: "\n").map { line in
      let key = line.drop { $0 == " " }.prefix { $0 != ":" }
      let start = String(line.prefix { $0 != ":" }) + ": "
      let value = line.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
      switch (key, value) {
      case ("label", "\"\""): return start + "none"
      case ("output", "\"\""): return start + "out.h5"
      case (_, "\"\""): return start + "file"
      case ("images", "[]"), ("masks", "[]"): return start + "[picture.png]"
      case ("plans", "[]"): return start + "[H8]"
      case ("cells", "{}"): return start + "{a: {}}"
      case ("steps", "0"), ("count", "0"): return start + "8"
      case ("size", "256") where item.command == "train-features": return start + "64"
      default: return String(line)
      }
    }.joined(separator: "\n") + "\n"
  }

  private static func decode<Schema: ConfigurationSchema>(
    _: Schema, _ text: String, _ overrides: [String]
  ) throws -> String {
    let file = try ConfigurationFile(text: text, name: "c.yaml", overrides: overrides)
    let yaml = try ResolvedConfiguration(file.decode(Schema.self)).yaml
    return yaml
  }

  /// - Throws: where the value is neither taken nor refused well.
  func isRefused(_ path: String, _ value: String) throws -> Bool {
    let short = "\(command): \(path) = \(value.prefix(60))"
    let yaml: String
    do {
      yaml = try Self.decode(schema, text, ["\(path)=\(value)"])
    } catch let error as InputError {
      let text = error.description
      // After the place, which quotes the key and the value as they were given.
      let names = names + [path]
      guard
        names.contains(where: { text.contains(": \($0)") }) || text.contains("anchors")
          || text.contains("aliases") || text.contains("tags") || text.contains("nested deeper"),
        text.utf8.count <= DamagedFiles.longestMessage, !text.contains(where: \.isNewline)
      else { throw DamagedFiles.Contradiction("\(short): \(text.prefix(300))") }
      return true
    }
    guard try Self.decode(schema, yaml, []) == yaml else {
      throw DamagedFiles.Contradiction("\(short) is printed as another value")
    }
    return false
  }
}

/// Values at and beyond what a row of docs/configuration.md allows.
private struct KeyLimits {
  var inside: [String] = []
  var outside: [String] = []

  /// - Parameter cells: of the row: key, type, default, meaning.
  init(_ cells: [String]) {
    guard cells.count > 2 else { return }
    let (type, value) = (cells[1], cells[2].filter { $0 != "`" })
    if type.hasPrefix("number > 0") {
      outside = ["0", "-1", "1e308"]
    } else if type.hasPrefix("number ≥ 0") {
      outside = ["-1", "1e308"]
      inside = ["0"]
    } else if type.hasPrefix("integer ≥ 0") {
      outside = ["-1"]
      inside = ["0"]
    } else if !type.hasPrefix("list"), !type.contains(" of "), let range = Self.range(type) {
      let isWhole = Int(value) != nil || ["null", "required"].contains(value)
      func text(_ number: Double) -> String { isWhole ? "\(Int(number))" : "\(number)" }
      let isExact = range.lowerBound == range.lowerBound.rounded()
      if isWhole, !isExact || range.upperBound != range.upperBound.rounded() {
        // Null or a number: fractions.
        (inside, outside) = (
          ["\(range.lowerBound)", "\(range.upperBound)"],
          ["\(range.lowerBound - 1)", "\(range.upperBound + 1)"]
        )
      } else {
        let below = isExact ? range.lowerBound - 1 : -1
        inside = [range.lowerBound, range.upperBound].map(text)
        outside = [below, range.upperBound + 1].map(text)
      }
    }
  }

  private static func range(_ type: String) -> ClosedRange<Double>? {
    let sides = type.split(separator: "…")
    guard sides.count == 2,
      let lower = number(sides[0].split(separator: ",").last ?? ""),
      let upper = number(sides[1].split(separator: ",").first ?? ""), lower <= upper
    else { return nil }
    return lower...upper
  }

  /// `65 536`, `10⁹`, `−100`.
  private static func number(_ text: Substring) -> Double? {
    let raised: [Character: Character] = [
      "⁻": "-", "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7",
      "⁸": "8", "⁹": "9",
    ]
    let plain = text.replacing(" or null", with: "").filter { $0 != " " }
    let exponent = String(plain.compactMap { raised[$0] })
    let mantissa = plain.filter { raised[$0] == nil }.replacing("−", with: "-")
    guard exponent.isEmpty else {
      return mantissa == "10" ? Double("1e\(exponent)") : nil
    }
    return Double(mantissa)
  }
}
