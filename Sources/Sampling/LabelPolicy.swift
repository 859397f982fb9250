import Diagnostics

/// Which class each sample is drawn from, by the sample's index alone.
public enum LabelPolicy: Sendable, Equatable {
  /// Uniformly random.
  case random
  /// Sample i is of class i modulo the number of classes.
  case balanced
  /// Sample i is of the class at i modulo the list's length.
  case classes([Int])

  /// Longer lists are refused.
  public static let maximumClasses = 100_000
  /// No model has more.
  private static let modelClasses = 1_000_000

  /// Reads `random`, `balanced` or a list with ranges, `0-4,207,9`.
  /// - Throws: `InputError` naming the part that cannot be read.
  public init(_ text: String) throws {
    switch text {
    case "random": self = .random
    case "balanced": self = .balanced
    default:
      var classes: [Int] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        classes += try Self.range(part, room: Self.maximumClasses - classes.count, in: text)
      }
      self = .classes(classes)
    }
  }

  /// Checks the listed classes against a model with classes `0..<count`.
  /// - Throws: `InvalidField` with the configuration's key `sampling.labels`.
  public func validate(classes count: Int) throws {
    if case .classes(let classes) = self, let wrong = classes.first(where: { $0 >= count }) {
      throw InvalidField(
        "sampling.labels", expected: "classes from 0 to \(count - 1)", found: "\(wrong)")
    }
  }

  private static func range(_ part: Substring, room: Int, in text: String) throws -> ClosedRange<
    Int
  > {
    let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map {
      let digits = $0.drop { $0 == " " }
      return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
    }
    guard bounds.count <= 2, let first = bounds.first ?? nil, let last = bounds.last ?? nil,
      first <= last
    else {
      throw InputError(
        "labels '\(text.prefix(60))'", expected: "random, balanced or classes like 0-4,7",
        found: "'\(part.prefix(40))'")
    }
    guard last < modelClasses else {
      throw InputError(
        "labels '\(text.prefix(60))'", expected: "classes below \(modelClasses)",
        found: "'\(part.prefix(40))'")
    }
    guard last - first < room else {
      throw InputError("labels '\(text.prefix(60))': more than \(maximumClasses) classes")
    }
    return first...last
  }
}

extension LabelPolicy: CustomStringConvertible {
  public var description: String {
    switch self {
    case .random: "random"
    case .balanced: "balanced"
    case .classes(let classes): Self.list(classes[...])
    }
  }

  /// The list with runs of three and more as ranges.
  private static func list(_ classes: ArraySlice<Int>) -> String {
    var parts: [String] = []
    var rest = classes
    while let first = rest.first {
      let run = zip(rest, 0...).prefix { label, place in
        label.subtractingReportingOverflow(first) == (place, false)
      }.count
      let length = run >= 3 ? run : 1
      parts.append(length == 1 ? "\(first)" : "\(first)-\(first + (length - 1))")
      rest = rest.dropFirst(length)
    }
    return parts.joined(separator: ",")
  }
}
