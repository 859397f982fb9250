/// Turns graphs into programs for one kind of machine.
public protocol Executor {
  /// - Parameters:
  ///   - variables: storage by name, shared with the program: assignments write into it.
  ///   - frozen: promises that no variable changes while the program lives, so that
  ///     weights may be packed once.
  /// - Throws: `ProgramError` where a variable is missing or has another type.
  func compile(_ graph: Graph, variables: [String: HostTensor], frozen: Bool) throws -> any Program
}

/// A compiled graph.
public protocol Program: AnyObject {
  /// Feeds every input, runs, and returns the outputs by name.
  func run(_ inputs: [String: HostTensor]) throws -> [String: HostTensor]
}

/// A program was given what it cannot use.
public struct ProgramError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  public static func mismatch(
    _ kind: String, _ name: String, expected: TensorType, found: TensorType?
  )
    -> ProgramError
  {
    ProgramError(
      "\(kind) \(name): expected \(expected), found \(found.map(\.description) ?? "nothing")")
  }
}
