import Diagnostics
import Foundation
import Synchronization

/// What a probe tells about a file: enough to go on without HDF5.
protocol ProbeAnswer: Codable {
  static var format: HDF5Format { get }
  /// Bytes that the child may write.
  static var longestAnswer: Int { get }
  /// Memory the child may take beyond what the program starts with, in bytes.
  static var extraMemory: Int { get }
  /// Processor time the child may take; it has three times as long by the clock.
  static var processorSeconds: Int { get }

  /// Reads the file with HDF5. Only in a child process: see ``HDF5Probe``.
  init(probing path: String) throws
}

extension ProbeAnswer {
  static var longestAnswer: Int { 32 << 20 }
  static var extraMemory: Int { 512 << 20 }
  static var processorSeconds: Int { 10 }
}

/// Reads an unknown HDF5 file, or its structure alone, in a child process.
///
/// Debian 12's HDF5 (1.10.8) can be crashed, or kept busy, by a malformed file.
/// So this process never opens a file with HDF5 that it did not write: it starts
/// its own program again, limited in memory and time, and takes the answer as text.
/// For that the program calls ``serveIfAsked()`` before anything else.
public enum HDF5Probe {
  private static let variable = "FLOWTURBO_HDF5_PROBE"
  /// The name of the format that is looked for.
  private static let formatVariable = "FLOWTURBO_HDF5_FORMAT"
  private static var answers: [any ProbeAnswer.Type] {
    [LatentsIndex.self, FeaturesIndex.self, ResultsAnswer.self]
  }
  private static let canServe = Atomic<Bool>(false)

  private struct Reply<Answer: Codable>: Codable {
    var answer: Answer?
    var error: String?
  }

  /// The first line of a main program. Returns at once, unless this process is
  /// the child that was started to look at a file: then it answers and ends.
  public static func serveIfAsked() {
    let environment = ProcessInfo.processInfo.environment
    guard let path = environment[variable] else {
      canServe.store(true, ordering: .relaxed)
      return
    }
    guard let answer = answers.first(where: { $0.format.name == environment[formatVariable] })
    else { exit(1) }
    limitThisProcess(
      extraMemory: answer.extraMemory, processorSeconds: answer.processorSeconds)
    guard let json = reply(path, answer) else { exit(1) }
    FileHandle.standardOutput.write(json)
    exit(0)
  }

  private static func reply<Answer: ProbeAnswer>(_ path: String, _: Answer.Type) -> Data? {
    var reply = Reply<Answer>()
    do {
      reply.answer = try Answer(probing: path)
    } catch {
      reply.error = "\(error)"
    }
    return try? JSONEncoder().encode(reply)
  }

  /// - Parameter program: what to start; this program unless a test says otherwise.
  static func answer<Answer: ProbeAnswer>(of path: String, program: String? = nil) throws -> Answer
  {
    let format = Answer.format
    guard program != nil || canServe.load(ordering: .relaxed) else {
      throw InputError(
        path, expected: "a whole file written by \(format.command)", found: "another HDF5 file",
        remedy: "make it again, or call HDF5Probe.serveIfAsked() first in the main program")
    }
    let output = try runChild(
      program ?? "/proc/self/exe", path: path, format: format.name, limit: Answer.longestAnswer,
      seconds: 3 * Double(Answer.processorSeconds))
    guard let reply = try? JSONDecoder().decode(Reply<Answer>.self, from: output) else {
      throw InputError(
        path, expected: "an HDF5 file with \(format.holds)",
        found: "one that HDF5 cannot read without crashing, or too slowly",
        remedy: "the file is damaged: copy it again, or make it again with \(format.command)")
    }
    guard let answer = reply.answer else {
      throw InputError(reply.error ?? "\(path): cannot be read")
    }
    return answer
  }

  private static func limitThisProcess(extraMemory: Int, processorSeconds: Int) {
    var pages = 0
    if let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) {
      pages = text.split(separator: " ").first.flatMap { Int($0) } ?? 0
    }
    limit(__rlimit_resource_t(RLIMIT_AS.rawValue), pages * Int(getpagesize()) + extraMemory)
    limit(__rlimit_resource_t(RLIMIT_CPU.rawValue), processorSeconds)
    limit(__rlimit_resource_t(RLIMIT_CORE.rawValue), 0)
  }

  private static func limit(_ resource: __rlimit_resource_t, _ value: Int) {
    var limits = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
    setrlimit(resource, &limits)
  }

  /// Starts `program` with the question and returns what it wrote, cut off where
  /// it takes too long or writes too much.
  private static func runChild(
    _ program: String, path: String, format: String, limit: Int, seconds: Double
  ) throws -> Data {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw InputError("\(path): no pipe for the HDF5 probe") }
    let (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(reading) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, writing, 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var environment = ProcessInfo.processInfo.environment
    environment[variable] = path
    environment[formatVariable] = format
    var process: pid_t = 0
    let status = withCStrings([program]) { arguments in
      withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
        posix_spawn(&process, program, &actions, nil, arguments, variables)
      }
    }
    close(writing)
    guard status == 0 else {
      throw InputError(
        "\(path): the HDF5 probe cannot be started: \(String(cString: strerror(status)))")
    }
    let output = readAll(
      reading, until: Date().addingTimeInterval(seconds), limit: limit)
    // Ended already if it answered; a process is waited for after a kill either way.
    if output == nil { kill(process, SIGKILL) }
    var ignored: Int32 = 0
    while waitpid(process, &ignored, 0) < 0 && errno == EINTR {}
    return output ?? Data()
  }

  /// Nil when the time is over or the answer too long.
  private static func readAll(
    _ descriptor: Int32, until deadline: Date, limit: Int
  ) -> Data? {
    var output = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let left = deadline.timeIntervalSinceNow
      guard left > 0, output.count <= limit else { return nil }
      let ready = poll(&request, 1, Int32(left * 1000) + 1)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return nil }
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? output : nil }
      output.append(contentsOf: buffer[..<count])
    }
  }

  /// Runs `body` with a null-terminated array of C strings.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
    defer { copies.forEach { free($0) } }
    return body(copies)
  }
}
