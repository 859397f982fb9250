import Foundation
import TemporaryFolders

/// A program of this package as users start it.
public struct CommandRun {
  public let exitCode: Int32
  public let output: String
  public let errors: String

  /// Where the build has put the program, beside the tests.
  public static func path(_ program: String) -> String {
    URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
      .deletingLastPathComponent().appendingPathComponent(program).path
  }

  /// Starts `program` without waiting for it; its output goes to files in `folder`.
  public static func start(_ program: String, _ arguments: [String], folder: String) throws
    -> Process
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path(program))
    process.arguments = arguments
    // Tests run side by side; threads of all of them would only wait for each other.
    process.environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "1"]) {
      $1
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try file("\(folder)/stdout.txt")
    process.standardError = try file("\(folder)/stderr.txt")
    try process.run()
    return process
  }

  /// Runs `program` to its end.
  public init(_ program: String, _ arguments: [String]) throws {
    (exitCode, output, errors) = try withTemporaryFolder { folder in
      let process = try Self.start(program, arguments, folder: folder)
      process.waitUntilExit()
      func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      }
      return (process.terminationStatus, try text("stdout.txt"), try text("stderr.txt"))
    }
  }

  private static func file(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}
