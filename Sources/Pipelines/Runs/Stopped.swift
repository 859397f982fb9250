import Diagnostics

/// The user asked to stop; what is done is kept.
public struct Stopped: ExitCodeProviding, CustomStringConvertible {
  public let description: String
  public var exitCode: ExitCode { .stoppedResumable }

  /// - Parameter description: how far the work got and how it goes on.
  public init(_ description: String) { self.description = description }
}
