import Configuration
import Diagnostics

/// The classes that tasks give to images.
public enum TaskLabels: Sendable, Equatable {
  /// Each its own: the name of the folder that it lies in.
  case images
  /// No class.
  case none
  /// Numbers or names, the first for the first image and so on, from the start when they end.
  case list([ClassReference])
}

/// A class by its number or its name.
public struct ClassReference: Sendable, Equatable, ConfigurationValue {
  public let text: String

  public static var expectation: String { "a class: its number, its name or none" }
  public var configurationText: String { text }

  /// The class is none: the null class.
  public static let none = ClassReference(text: "none")

  public init(text: String) { self.text = text }

  public init(parsing text: String) throws {
    let trimmed = text.drop { $0 == " " }
    guard !trimmed.isEmpty else {
      throw InputError("expected \(Self.expectation), found '\(text)'")
    }
    self.init(text: String(trimmed))
  }
}

extension TaskLabels: ConfigurationValue {
  public static var expectation: String { "images, none, or classes by number or name" }
  public static var listSeparator: String? { "," }

  public init(parsing text: String) throws {
    switch text {
    case "images": self = .images
    case "none": self = .none
    default:
      self = .list(
        try text.split(separator: ",", omittingEmptySubsequences: false)
          .map { try ClassReference(parsing: String($0)) })
    }
  }

  public var configurationText: String {
    switch self {
    case .images: "images"
    case .none: "none"
    case .list(let classes): classes.map(\.text).joined(separator: ",")
    }
  }
}
