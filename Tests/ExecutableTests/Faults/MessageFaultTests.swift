import Diagnostics
import Foundation
import Testing

/// What commands say, to whom, and the code that they end with.
@Suite(.serialized) struct MessageFaultTests {
  /// One line, of text alone, that no terminal obeys.
  private func expectPlain(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let controls = text.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" }
    #expect(controls.isEmpty, "\(text)", sourceLocation: sourceLocation)
  }

  @Test(arguments: FaultCommand.tested)
  func quietSaysErrorsAndResultsAlone(_ command: FaultCommand) throws {
    let place = try command.newPlace()
    let ending = try place.succeed(command.program, command.arguments + ["--quiet"])
    #expect(ending.errors == "", "\(command.name)")
    if command.name == "evaluate" {
      #expect(ending.output.hasPrefix("fake.npz against real.npz, protocol features\n"))
      #expect(ending.output.contains("fid["))
      #expect(!ending.output.contains("features of"), "\(ending.output)")
    } else {
      #expect(ending.output == "", "\(command.name)")
    }
    let wrong = try place.run(
      command.program, command.arguments + ["--quiet", "--set", "nothing.like=this"])
    #expect(wrong.code == 2)
    #expect(wrong.errors.hasPrefix("error: "))
    #expect(wrong.errors.split(separator: "\n").count == 1, "\(wrong.errors)")
  }

  @Test func levelsSayMoreAndMore() throws {
    let command = FaultCommand.evaluate
    let place = try command.newPlace()
    func run(_ level: String) throws -> Ending {
      try place.succeed(command.program, command.arguments + ["--log-level", level])
    }
    let (error, warning) = (try run("error"), try run("warning"))
    #expect(error.errors == "")
    #expect(warning.errors.contains("warning: ") && !warning.errors.contains("fid "))
    #expect(warning.output == error.output)
    let (info, debug) = (try run("info"), try run("debug"))
    #expect(info.output.contains("results: made/results.h5"))
    #expect(!info.errors.contains("debug: "))
    #expect(debug.output == info.output)
    #expect(debug.errors.contains("debug: version "))
    #expect(debug.errors.contains("--log-level debug"))
    let ends = debug.errors.split(separator: "\n").count
    #expect(ends > info.errors.split(separator: "\n").count + 2, "\(debug.errors)")
    for text in [error, warning, info, debug].flatMap({ [$0.output, $0.errors] }) {
      expectPlain(text)
    }
  }

  @Test(arguments: [["--log-level", "loud"], ["--quiet", "--log-level", "info"]])
  func wrongLevels(_ flags: [String]) throws {
    let ending = try FaultCommand.sample.newPlace().run(
      .flowturbo, FaultCommand.sample.arguments + flags)
    #expect(ending.code == 2)
    #expect(ending.errors.contains("level"), "\(ending.errors)")
  }

  /// Every command that computes has the flags.
  @Test func everyCommandThatComputesTakesThem() throws {
    let place = try Workplace()
    let help = try place.succeed(.flowturbo, ["--help"]).output
    let names = help.split(separator: "\n").compactMap { line -> String? in
      let words = line.split(separator: " ", maxSplits: 1)
      return line.hasPrefix("  ") && !line.hasPrefix("   ") && words.count == 2
        && words[0].allSatisfy { $0.isLowercase || $0 == "-" } && words[0].first != "-"
        ? String(words[0]) : nil
    }
    #expect(names.contains("sample") && names.contains("verify") && names.count > 15, "\(names)")
    for name in names where !["inspect", "convert", "report", "help"].contains(name) {
      let text = try place.succeed(.flowturbo, [name, "--help"]).output
      #expect(text.contains("--log-level") && text.contains("--quiet"), "\(name)")
    }
  }

  /// The table of `docs/exit-codes.md` for each command. Exits with 1 are those of numbers.
  @Test(arguments: FaultCommand.tested)
  func exitCodes(_ command: FaultCommand) throws {
    let changes = try command.undisturbed().changes
    let early = max(1, changes / 10)
    func ending(_ more: [String] = [], _ action: FileFault.Action? = nil) throws -> Ending {
      let fault = action.map { FileFault(action: $0, place: early).environment }
      return try command.newPlace().run(
        command.program, command.arguments + more, environment: fault ?? [:])
    }
    func expect(
      _ ending: Ending, _ code: Int32, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        ending.code == code, "\(command.name): \(ending.errors)", sourceLocation: sourceLocation)
      expectPlain(ending.output)
      expectPlain(ending.errors)
    }
    expect(try ending(["--no-such-flag"]), 2)
    expect(try ending(["--set", "nothing.like=this"]), 2)
    expect(try ending(["--threads", "0"]), 2)
    for action in [FileFault.Action.terminate, .interrupt] {
      let stopped = try ending([], action)
      expect(stopped, 3)
      #expect(KillFaultTests.resumption(stopped) != nil, "\(stopped.errors)")
    }
    expect(try ending([], .interruptTwice), 130)
    expect(try ending([], .fullDisk), 2)
    let rate = "training.optimizer.learningRate=1e30"
    switch command.name {
    case "train-refiner": expect(try ending(["--set", rate]), 1)
    case "ablate": expect(try ending(["--set", "base.train-refiner.\(rate)"]), 1)
    default: break
    }
  }

  /// What is to be typed again is what was typed.
  @Test func theCommandToResumeIsQuoted() throws {
    let place = try FaultCommand.sample.newPlace()
    try FileManager.default.moveItem(
      atPath: place.path("sample.yaml"), toPath: place.path("it's my sample.yaml"))
    let arguments = ["sample", "--config", "it's my sample.yaml"]
    let fault = FileFault(action: .terminate, place: 10)
    let stopped = try place.run(.flowturbo, arguments, environment: fault.environment)
    #expect(stopped.code == 3, "\(stopped.errors)")
    let line = try #require(KillFaultTests.resumption(stopped))
    #expect(line.hasSuffix(#"/flowturbo sample --config 'it'\''s my sample.yaml' --resume"#))
    let again = try Running(
      URL(fileURLWithPath: "/bin/sh"), ["-c", line], in: place.folder
    ).ending()
    #expect(again.code == 0, "\(again.errors)")
  }

  /// A bar redraws itself on a terminal, and nowhere else; colours are for nobody.
  @Test(arguments: [["TERM": "xterm"], ["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb"]])
  func terminals(_ environment: [String: String]) throws {
    let place = try FaultCommand.sample.newPlace()
    let text = try Pseudoterminal.errors(
      of: Program.flowturbo.url, FaultCommand.sample.arguments, in: place.folder, environment)
    let isDumb = environment["TERM"] == "dumb"
    #expect(text.contains("\r\u{1B}[K") != isDumb, "\(text)")
    #expect(text.contains("sample"))
    // Escapes but for the one that clears a line, such as colours.
    #expect(!text.replacing("\u{1B}[K", with: "").contains("\u{1B}"), "\(text)")
  }
}

/// A terminal that a program's standard error goes to.
private enum Pseudoterminal {
  static func errors(
    of program: URL, _ arguments: [String], in folder: String, _ environment: [String: String]
  ) throws -> String {
    let main = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    defer { close(main) }
    var (locked, number): (Int32, UInt32) = (0, 0)
    // TIOCSPTLCK and TIOCGPTN, which are macros in C: unlocks its other side and asks for its number.
    try #require(
      main >= 0 && ioctl(main, 0x4004_5431, &locked) == 0 && ioctl(main, 0x8004_5430, &number) == 0)
    let name = "/dev/pts/\(number)"
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let side = try FileHandle(forWritingTo: URL(fileURLWithPath: name))
    process.standardError = side
    try process.run()
    // Ours is closed, so that reading ends when the program does.
    try side.close()
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(main, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      text += buffer[..<count]
    }
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: text, as: UTF8.self)
  }
}
