import Foundation
import Testing

/// The programs, built beside the tests.
enum Program: String {
  case flowturbo
  case trainRefiner = "train-refiner"
  case ablate

  var url: URL {
    URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
      .deletingLastPathComponent().appendingPathComponent(rawValue)
  }
}

/// How a program ended and what it said.
struct Ending {
  /// The exit code, or minus the signal that ended it.
  let code: Int32
  let output: String
  let errors: String
}

/// A program at work.
final class Running {
  private let process = Process()
  private let outputPath: String
  private let errorsPath: String

  /// - Parameters:
  ///   - environment: variables beside this process's own.
  ///   - wrapper: a command that starts the program, such as `prlimit --fsize=4096`.
  init(
    _ program: URL, _ arguments: [String], in folder: String,
    environment: [String: String] = [:], through wrapper: [String] = []
  ) throws {
    process.executableURL = wrapper.isEmpty ? program : URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = wrapper + (wrapper.isEmpty ? [] : [program.path]) + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // Files, as pipes fill up while nobody reads.
    let name = UUID().uuidString
    outputPath = "\(folder)/.\(name).out"
    errorsPath = "\(folder)/.\(name).err"
    for path in [outputPath, errorsPath] {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorsPath)
    try process.run()
  }

  var isRunning: Bool { process.isRunning }
  var number: pid_t { process.processIdentifier }
  /// What it has said on standard output until now.
  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for its end; a program that hangs is killed.
  func ending() -> Ending {
    // Looks, not time: all processes may be stopped for a while.
    for _ in 0..<1_000_000 where process.isRunning { usleep(500) }
    if process.isRunning { send(SIGKILL) }
    process.waitUntilExit()
    func text(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    return Ending(
      code: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: text(outputPath), errors: text(errorsPath))
  }

  /// Waits until `condition` holds or the program has ended, five minutes at most.
  func wait(until condition: () -> Bool) {
    let end = ContinuousClock.now + .seconds(300)
    while process.isRunning, ContinuousClock.now < end, !condition() { usleep(500) }
  }
}

/// A folder for one test, with relative paths in every configuration, so that runs in
/// two folders can give equal bytes.
final class Workplace: Sendable {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "flowturbo-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func write(_ text: String, to name: String) throws {
    let parent = URL(fileURLWithPath: path(name)).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func text(_ name: String) -> String {
    (try? String(contentsOfFile: path(name), encoding: .utf8)) ?? ""
  }

  func start(
    _ program: Program, _ arguments: [String], environment: [String: String] = [:],
    through wrapper: [String] = []
  ) throws -> Running {
    try Running(
      program.url, arguments, in: folder, environment: environment, through: wrapper)
  }

  func run(
    _ program: Program, _ arguments: [String], environment: [String: String] = [:],
    through wrapper: [String] = []
  ) throws -> Ending {
    try start(program, arguments, environment: environment, through: wrapper).ending()
  }

  /// Runs a program that must end well.
  @discardableResult
  func succeed(
    _ program: Program, _ arguments: [String], environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Ending {
    let ending = try run(program, arguments, environment: environment)
    try #require(
      ending.code == 0, "\(arguments): \(ending.errors)", sourceLocation: sourceLocation)
    return ending
  }

  /// Lines of a JSON-lines log that hold a step above `step`.
  func hasLogged(_ log: String, step: Int) -> Bool {
    text(log).split(separator: "\n").contains { line in
      guard let mark = line.range(of: "\"step\":") else { return false }
      return (Int(line[mark.upperBound...].prefix { $0.isNumber }) ?? 0) >= step
    }
  }
}

func expectEqualFiles(
  _ names: [String], _ first: Workplace, _ second: Workplace,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  for name in names {
    let one = try #require(
      FileManager.default.contents(atPath: first.path(name)), "\(name)",
      sourceLocation: sourceLocation)
    let two = try #require(
      FileManager.default.contents(atPath: second.path(name)), "\(name)",
      sourceLocation: sourceLocation)
    #expect(one == two, "\(name) differs", sourceLocation: sourceLocation)
  }
}
