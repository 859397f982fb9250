import Diagnostics

/// A type that one YAML scalar stands for: `8`, `true`, `cosine`, `H4P3R2`.
///
/// `init(parsing:)` throws an `InputError` that says what is wrong with the
/// text; the reader adds file, line and key.
public protocol ConfigurationValue {
  /// What an error says was expected: "an integer".
  static var expectation: String { get }
  /// The kinds of scalar that may stand for this type; everything but null by default.
  static var kinds: Set<ConfigurationScalarKind> { get }
  /// What joins the items when a YAML list stands for one value; nil forbids lists.
  static var listSeparator: String? { get }
  /// What joins key and value when a section of one key stands for one value; nil forbids it.
  static var pairSeparator: String? { get }

  init(parsing text: String) throws

  /// The canonical text, which parses back to the same value.
  var configurationText: String { get }
}

extension ConfigurationValue {
  public static var kinds: Set<ConfigurationScalarKind> { [.boolean, .integer, .number, .text] }
  public static var listSeparator: String? { nil }
  public static var pairSeparator: String? { nil }
}

extension ConfigurationValue where Self: CustomStringConvertible {
  public var configurationText: String { description }
}

extension ConfigurationValue where Self: FixedWidthInteger {
  public static var kinds: Set<ConfigurationScalarKind> { [.integer] }

  public init(parsing text: String) throws {
    guard let value = Self(text) else {
      throw InputError(
        "expected \(Self.expectation) from \(Self.min) to \(Self.max), found \(quotable(text))")
    }
    self = value
  }
}

extension Int: ConfigurationValue {
  public static var expectation: String { "an integer" }
}

extension UInt64: ConfigurationValue {
  public static var expectation: String { "an integer" }
}

extension Double: ConfigurationValue {
  private static let smallest = 1e-37
  private static let largest = 3.4e38

  public static var expectation: String { "a number" }
  public static var kinds: Set<ConfigurationScalarKind> { [.integer, .number] }

  public init(parsing text: String) throws {
    // Swift reads no ".nan" and ".inf", and turns 1e999 into infinity.
    guard let value = Double(text), value.isFinite else {
      throw InputError("expected a finite number, found \(quotable(text))")
    }
    // Networks compute in float32, which would make infinity or 0 of it.
    guard value == 0 || (Self.smallest...Self.largest).contains(abs(value)) else {
      throw InputError(
        "expected 0 or a number that float32 holds, of an amount from \(Self.smallest) to "
          + "\(Self.largest), found \(quotable(text))")
    }
    self = value
  }
}

extension Bool: ConfigurationValue {
  public static var expectation: String { "true or false" }
  public static var kinds: Set<ConfigurationScalarKind> { [.boolean] }

  public init(parsing text: String) throws { self = text.lowercased() == "true" }
}

extension String: ConfigurationValue {
  public static var expectation: String { "text" }
  public static var kinds: Set<ConfigurationScalarKind> { [.text] }

  public init(parsing text: String) throws { self = text }
}

/// A half-open range of indices, `0..<5000`.
extension Range: ConfigurationValue where Bound == Int {
  public static var expectation: String { "a range like 0..<5000" }
  public static var kinds: Set<ConfigurationScalarKind> { [.text] }

  public init(parsing text: String) throws {
    guard let separator = text.firstRange(of: "..<"),
      let lower = Int(text[..<separator.lowerBound]),
      let upper = Int(text[separator.upperBound...]), lower >= 0, lower <= upper
    else { throw InputError("expected \(Self.expectation), found '\(quotable(text))'") }
    self = lower..<upper
  }
}

extension ConfigurationValue where Self: RawRepresentable<String> & CaseIterable {
  public static var expectation: String {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
  public var configurationText: String { rawValue }

  public init(parsing text: String) throws {
    guard let value = Self(rawValue: text) else {
      let near = nearestName(to: text, among: Self.allCases.map(\.rawValue))
      throw InputError(
        "expected \(Self.expectation), found '\(quotable(text))'"
          + (near.map { "; did you mean \($0)?" } ?? ""))
    }
    self = value
  }

}
