import Foundation
import Testing

/// What commands do when the disk takes nothing more, or is taken away.
@Suite(.serialized) struct DiskFaultTests {
  /// Places in a run where each fault is put, of each command.
  private static let places = max(1, KillFaultTests.kills / 2)

  /// A run that cannot write ends as `docs/exit-codes.md` says, names the file and tidies up.
  /// - Returns: whether it failed; a fault may hit nothing that matters.
  @discardableResult
  private func expectFailure(
    _ command: FaultCommand, _ ending: Ending, in place: Workplace, saying words: [String],
    _ comment: String, sourceLocation: SourceLocation = #_sourceLocation
  ) -> Bool {
    // A sweep does what can be done without the steps that failed.
    let allowed: [Int32] = command.name == "ablate" ? [0, 1, 2] : [0, 2]
    #expect(
      allowed.contains(ending.code), "\(comment): \(ending.code), \(ending.errors)",
      sourceLocation: sourceLocation)
    let left = Products.files(command.outputs, in: place).filter { $0.contains(".tmp-") }
    #expect(left == [], "\(comment): left over", sourceLocation: sourceLocation)
    guard ending.code != 0 else { return false }
    let said = ending.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(said.count == 1, "\(comment): \(ending.errors)", sourceLocation: sourceLocation)
    let message = said.first ?? ""
    #expect(
      words.contains { message.contains($0) }, "\(comment): \(message)",
      sourceLocation: sourceLocation)
    #expect(
      command.outputs.contains { message.contains("\($0)/") || message.contains("\($0):") }
        && !message.contains(".tmp-"), "\(comment) names no file: \(message)",
      sourceLocation: sourceLocation)
    return true
  }

  private func expectRecovery(
    _ command: FaultCommand, _ place: Workplace, _ comment: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let again = try place.run(command.program, command.arguments)
    #expect(again.code == 0, "\(comment): \(again.errors)", sourceLocation: sourceLocation)
    let differences = try command.undisturbed().products.differences(
      from: try Products(of: command.outputs, in: place))
    #expect(differences == [], "\(comment)", sourceLocation: sourceLocation)
  }

  @Test(arguments: FaultCommand.tested)
  func fullDisk(_ command: FaultCommand) throws {
    var random = SeededNumbers("full disk, \(command.name)")
    var failures = 0
    for _ in 0..<Self.places {
      let fault = FileFault(
        action: .fullDisk,
        place: Int.random(in: 1...(try command.undisturbed().changes), using: &random))
      let place = try command.newPlace()
      let ending = try command.start(place, fault).ending()
      let comment = "\(command.name), \(fault)"
      if expectFailure(command, ending, in: place, saying: ["No space left on device"], comment) {
        failures += 1
      }
      try expectRecovery(command, place, comment)
    }
    #expect(failures > 0)
  }

  /// What has not reached the disk is not taken for written.
  @Test(arguments: FaultCommand.tested)
  func failingFlush(_ command: FaultCommand) throws {
    var random = SeededNumbers("failing flush, \(command.name)")
    var failures = 0
    for _ in 0..<Self.places {
      let fault = FileFault(
        action: .failingFlush,
        place: Int.random(in: 1...(try command.undisturbed().changes * 3 / 4), using: &random))
      let place = try command.newPlace()
      let ending = try command.start(place, fault).ending()
      let comment = "\(command.name), \(fault)"
      if expectFailure(command, ending, in: place, saying: ["cannot be flushed"], comment) {
        failures += 1
      }
      try expectRecovery(command, place, comment)
    }
    #expect(failures > 0)
  }

  /// The kernel's own limit on the size of files, whose signal would end the process.
  @Test(arguments: FaultCommand.tested)
  func limitOnTheSizeOfFiles(_ command: FaultCommand) throws {
    let place = try command.newPlace()
    let ending = try place.run(
      command.program, command.arguments, through: ["prlimit", "--fsize=2000"])
    #expect(
      expectFailure(command, ending, in: place, saying: ["File too large"], command.name),
      "\(command.name): \(ending.code)")
    try expectRecovery(command, place, command.name)
  }

  /// A small file system of its own, where this process may mount one.
  @Test(
    .enabled(if: Privileges.mayMount, "needs the right to mount"), arguments: FaultCommand.tested)
  func smallFileSystem(_ command: FaultCommand) throws {
    let place = try command.newPlace()
    let folder = command.outputs[0]
    try FileManager.default.createDirectory(
      atPath: place.path(folder), withIntermediateDirectories: true)
    // The mount is seen by the program alone, and ends with it.
    let ending = try place.run(
      command.program, command.arguments,
      through: [
        "unshare", "--mount", "sh", "-c",
        "mount -t tmpfs -o size=16k none \(folder) && exec \"$@\"", "sh",
      ])
    #expect(
      expectFailure(command, ending, in: place, saying: ["No space left on device"], command.name),
      "\(command.name): \(ending.code)")
  }

  @Test(
    .enabled(if: Privileges.canBeDropped, "needs setpriv, or a user without privileges"),
    arguments: FaultCommand.tested)
  func readOnlyFolder(_ command: FaultCommand) throws {
    let place = try command.newPlace()
    let folder = place.path(command.outputs[0])
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    #expect(chmod(folder, 0o555) == 0)
    let ending = try place.run(
      command.program, command.arguments, through: Privileges.dropping)
    #expect(chmod(folder, 0o755) == 0)
    #expect(ending.code == 2, "\(command.name): \(ending.code)")
    expectFailure(command, ending, in: place, saying: ["ermission"], command.name)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    try expectRecovery(command, place, command.name)
  }

  /// The folder is moved away in the middle of a run, at an operation on its files.
  @Test(arguments: FaultCommand.tested)
  func vanishedFolder(_ command: FaultCommand) throws {
    var random = SeededNumbers("vanished folder, \(command.name)")
    let folder = command.outputs[0]
    for _ in 0..<Self.places {
      let changes = try command.undisturbed().changes
      let fault = FileFault(
        action: .stop, place: Int.random(in: 4...changes * 3 / 4, using: &random))
      let place = try command.newPlace()
      let running = try command.start(place, fault)
      try #require(running.waitUntilStopped())
      let comment = "\(command.name), \(fault)"
      try FileManager.default.moveItem(atPath: place.path(folder), toPath: place.path("moved"))
      running.goOn()
      let ending = running.ending()
      if expectFailure(
        command, ending, in: place,
        saying: ["began in", "No such file", "cannot be opened", "nothing"], comment)
      {
        // What was there is whole, wherever it is now.
        try? FileManager.default.removeItem(atPath: place.path(folder))
        try FileManager.default.moveItem(atPath: place.path("moved"), toPath: place.path(folder))
      }
      try expectRecovery(command, place, comment)
    }
  }

  enum Change: CaseIterable { case cutShort, replaced, writtenOver }

  /// What is read is cut short, has another file put in its place or is written over with as many
  /// bytes, in the middle of a run.
  @Test(arguments: FaultCommand.tested, Change.allCases)
  func inputChangedWhileItIsRead(_ command: FaultCommand, _ change: Change) throws {
    let undisturbed = try command.undisturbed()
    var random = SeededNumbers("changed input, \(command.name), \(change)")
    for number in 0..<Self.places {
      let input = command.inputs[number % command.inputs.count]
      let fault = FileFault(
        action: .stop, place: Int.random(in: 1...(try command.undisturbedReads()), using: &random),
        operations: .reads)
      let place = try command.newPlace()
      let running = try command.start(place, fault)
      let comment = "\(command.name), \(input), \(fault)"
      guard running.waitUntilStopped() else {
        #expect(running.ending().code == 0, "\(comment)")
        continue
      }
      switch change {
      case .cutShort: #expect(truncate(place.path(input), 100) == 0)
      case .replaced:
        try FileManager.default.removeItem(atPath: place.path(input))
        try place.write("another file\n", to: input)
      case .writtenOver: try writeOver(place.path(input))
      }
      running.goOn()
      let ending = running.ending()
      // Weights that became others may give numbers out of range before they are looked at.
      let mayFail: [Int32] = command.name == "ablate" || change == .writtenOver ? [1, 2] : [2]
      #expect(
        ending.code == 0 || mayFail.contains(ending.code),
        "\(comment): \(ending.code), \(ending.errors)")
      if ending.code == 0 {
        // Read before it changed: nothing of it is in the products.
        let products = try Products(of: command.outputs, in: place)
        #expect(undisturbed.products.differences(from: products) == [], "\(comment)")
      } else {
        let said = ending.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        let message = said.first ?? ""
        #expect(
          said.count == 1
            && (message.contains(input)
              || change == .writtenOver && message.lowercased().contains("nan")),
          "\(comment): \(ending.errors)")
      }
      let left = Products.files(command.outputs, in: place).filter { $0.contains(".tmp-") }
      // A mapped file that is cut ends the process at once, as a kill does.
      if !ending.errors.contains("cut short") { #expect(left == [], "\(comment)") }
    }
  }

  /// Changes the bits of the second half of a file.
  private func writeOver(_ path: String) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let middle = try file.seekToEnd() / 2
    try file.seek(toOffset: middle)
    let bytes = try file.readToEnd() ?? Data()
    try file.seek(toOffset: middle)
    try file.write(contentsOf: Data(bytes.map { ~$0 }))
    try file.close()
  }

  /// What is said to be durable is flushed before it gets its name, and the name after it.
  @Test(arguments: FaultCommand.tested)
  func flushesBeforeAndAfterARename(_ command: FaultCommand) throws {
    let place = try command.newPlace()
    let ending = try place.run(
      command.program, command.arguments,
      environment: FileFault.counting(
        .changes, to: place.path(".count"), trace: place.path(".trace")))
    #expect(ending.code == 0, "\(ending.errors)")
    let lines = place.text(".trace").split(separator: "\n").map { $0.split(separator: " ") }
    var durable = 0
    for (number, line) in lines.enumerated() where line[0] == "rename" && line.count == 3 {
      let (temporary, final) = (String(line[1]), String(line[2]))
      #expect(temporary.hasPrefix("\(final).tmp-"), "\(line)")
      // Pictures by the thousand and heartbeats are not; their readers notice a loss.
      if final.hasSuffix(".png") && final.contains("/images/") { continue }
      if final.hasSuffix(".jpeg") || final.contains("/claims/") { continue }
      durable += 1
      let written = lines[..<number].lastIndex {
        ["write", "truncate"].contains($0[0]) && $0.last?.hasSuffix(temporary) == true
      }
      let flushed = lines[..<number].lastIndex {
        $0[0] == "fsync" && $0.last?.hasSuffix(temporary) == true
      }
      #expect(
        try #require(flushed, "\(final)") > written ?? -1, "\(final): written after its flush")
      let folder = (final as NSString).deletingLastPathComponent
      #expect(
        lines[number...].contains { $0[0] == "fsync" && $0.last?.hasSuffix(folder) == true },
        "\(final): its folder is not flushed")
    }
    #expect(durable >= 2, "\(command.name): \(durable)")
  }
}

/// What this process may do beyond others, and how a program is started without it.
enum Privileges {
  /// Starts a program that file modes hold back: nobody's are checked while all capabilities are
  /// there.
  static let dropping = getuid() == 0 ? ["setpriv", "--bounding-set=-all"] : []

  static let canBeDropped =
    getuid() != 0 || run(["setpriv", "--bounding-set=-all", "true"])
  static let mayMount = run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"])

  private static func run(_ command: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    (process.standardOutput, process.standardError) = (
      FileHandle.nullDevice, FileHandle.nullDevice
    )
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
