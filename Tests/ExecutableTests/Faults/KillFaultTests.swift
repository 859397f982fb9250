import Foundation
import Testing

/// Commands that are killed or stopped anywhere, and repeated, end with the files of a run that was
/// left alone.
///
/// `FAULT_KILLS` is how many runs of each command are hit: 2 in `make test`, 20 in
/// `make test-faults`, 100 in `make test-faults-long`. A third of the moments are of time, the rest
/// are operations on files: between two of these nothing on the disk changes. A sixth of all falls
/// on the last 16 operations, the renames that end a run among them.
@Suite(.serialized) struct KillFaultTests {
  static let kills =
    ProcessInfo.processInfo.environment["FAULT_KILLS"].flatMap { Int($0) } ?? 2

  private enum Moment {
    case time(seconds: Double)
    case operation(Int)

    init(
      of undisturbed: FaultCommand.Undisturbed, using random: inout SeededNumbers
    ) {
      switch Int.random(in: 0..<6, using: &random) {
      case 0, 1: self = .time(seconds: Double.random(in: 0..<undisturbed.seconds, using: &random))
      case 2:
        self = .operation(undisturbed.changes - Int.random(in: 0..<16, using: &random))
      default: self = .operation(Int.random(in: 1...undisturbed.changes, using: &random))
      }
    }
  }

  private static let actions: [FileFault.Action] = [
    .kill, .kill, .terminate, .interrupt, .interruptTwice,
  ]

  @Test(arguments: FaultCommand.all)
  func endsWithTheSameFiles(_ command: FaultCommand) throws {
    let undisturbed = try command.undisturbed()
    var random = SeededNumbers(command.name)
    var (hits, runs): ([FileFault.Action: Int], Int) = ([:], 0)
    var total: Int { hits.values.reduce(0, +) }
    while total < Self.kills, runs < 6 * Self.kills + 6 {
      let place = try command.newPlace()
      var resumption: String?
      var trail: [String] = []
      repeat {
        runs += 1
        let action = Self.actions.randomElement(using: &random) ?? .kill
        let moment = Moment(of: undisturbed, using: &random)
        let isCaught: Bool
        let ending: Ending
        switch moment {
        case .operation(let number):
          ending = try start(
            command, place, resumption, FileFault(action: action, place: number)
          ).ending()
          // Programs listen for signals before they touch a file.
          isCaught = true
        case .time(let seconds):
          let running = try start(command, place, resumption, nil)
          let end = ContinuousClock.now + .seconds(seconds)
          running.wait { ContinuousClock.now >= end }
          isCaught = running.catches(SIGTERM) && running.catches(SIGINT)
          for signal in action.signals { running.send(signal) }
          ending = running.ending()
        }
        trail.append("\(action.rawValue) at \(moment): \(ending.code)")
        try check(ending, action, isCaught: isCaught, "\(command.name), \(trail)")
        guard ending.code != 0 else { break }
        hits[action, default: 0] += 1
        resumption = ending.code == 3 ? Self.resumption(ending) : nil
      } while total < Self.kills && Bool.random(using: &random)
      let last = try start(command, place, resumption, nil).ending()
      #expect(last.code == 0, "\(command.name), \(trail): \(last.errors)")
      let differences = undisturbed.products.differences(
        from: try Products(of: command.outputs, in: place))
      #expect(differences == [], "\(command.name), \(trail)")
    }
    let counts = hits.map { "\($0.key.rawValue) \($0.value)" }.sorted().joined(separator: ", ")
    print("\(command.name): \(runs) runs, hit: \(counts)")
    #expect(total >= Self.kills, "\(command.name): \(counts) of \(runs) runs")
  }

  /// What samples were made of is removed only once they count as complete: a kill meanwhile costs
  /// none of them.
  @Test func killedWhileItTidiesUp() throws {
    let command = FaultCommand.sample
    let traced = try command.newPlace()
    try traced.succeed(
      command.program, command.arguments,
      environment: FileFault.counting(
        .changes, to: traced.path(".count"), trace: traced.path(".trace")))
    let lines = traced.text(".trace").split(separator: "\n")
    let complete = try #require(
      lines.lastIndex { $0.hasPrefix("rename ") && $0.hasSuffix("/manifest.json") })
    let removed = (complete..<lines.count).filter { lines[$0].hasPrefix("unlink ") }
    try #require(removed.count > 3)
    let place = try command.newPlace()
    // In the middle of what is removed after it.
    let fault = FileFault(action: .kill, place: removed[removed.count / 2] + 1)
    #expect(try command.start(place, fault).ending().code == -SIGKILL)
    #expect(place.exists("samples/images"))
    let again = try command.start(place).ending()
    #expect(again.output.contains("complete already"), "\(again.output)\(again.errors)")
    let differences = try command.undisturbed().products.differences(
      from: try Products(of: command.outputs, in: place))
    #expect(differences == [])
    #expect(!place.exists("samples/images") && !place.exists("samples/latents"))
  }

  /// Starts the command that was printed, as a shell reads it, or else the same one again.
  private func start(
    _ command: FaultCommand, _ place: Workplace, _ resumption: String?, _ fault: FileFault?
  ) throws -> Running {
    guard let resumption else { return try command.start(place, fault) }
    // The shell is to be left alone: `env` sets the library for the program.
    let variables = (fault?.environment ?? [:]).map { "\($0.key)=\($0.value)" }.joined(
      separator: " ")
    return try Running(
      URL(fileURLWithPath: "/bin/sh"), ["-c", "exec env \(variables) \(resumption)"],
      in: place.folder)
  }

  static func resumption(_ ending: Ending) -> String? {
    let mark = "resume with: "
    return ending.errors.split(separator: "\n").last { $0.hasPrefix(mark) }
      .map { String($0.dropFirst(mark.count)) }
  }

  private func check(
    _ ending: Ending, _ action: FileFault.Action, isCaught: Bool, _ comment: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let allowed: [Int32] =
      switch action {
      case .kill: [0, -SIGKILL]
      // A run that comes to its end all the same has nothing to resume.
      case .terminate: isCaught ? [0, 3] : [0, 3, -SIGTERM]
      case .interrupt: isCaught ? [0, 3] : [0, 3, -SIGINT]
      // The first may have ended it before the second came.
      case .interruptTwice: isCaught ? [0, 3, 130] : [0, 3, 130, -SIGINT]
      default: []
      }
    #expect(
      allowed.contains(ending.code), "\(comment): \(ending.errors)", sourceLocation: sourceLocation)
    guard ending.code == 3 else { return }
    let lines = ending.errors.split(separator: "\n")
    #expect(
      lines.contains { $0.hasPrefix("error: stopped") }
        && lines.last?.hasPrefix("resume with: /") == true,
      "\(comment): \(ending.errors)", sourceLocation: sourceLocation)
  }
}

extension FileFault.Action {
  fileprivate var signals: [Int32] {
    switch self {
    case .kill: [SIGKILL]
    case .terminate: [SIGTERM]
    case .interrupt: [SIGINT]
    case .interruptTwice: [SIGINT, SIGINT]
    case .stop, .steps: [SIGSTOP]
    case .fullDisk, .failingFlush: []
    }
  }
}

extension Running {
  /// Whether it has a handler for the signal by now.
  func catches(_ signal: Int32) -> Bool {
    let mask = status("SigCgt").flatMap { UInt64($0, radix: 16) } ?? 0
    return mask >> (signal - 1) & 1 == 1
  }

  /// Waits until it has been stopped, by the fault that says so.
  func waitUntilStopped() -> Bool {
    wait { status("State")?.hasPrefix("T") == true }
    return isRunning
  }

  /// Lets it go on.
  func goOn() { send(SIGCONT) }

  /// A line of the kernel's account of it.
  private func status(_ name: String) -> String? {
    let text = (try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
      .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
  }
}
