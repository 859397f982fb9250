import Checkpoints
import Foundation
import Imaging
import Storage
import Testing

/// Two runs in one folder, locks of the dead, and readers of what is being written.
@Suite(.serialized) struct ConcurrencyFaultTests {
  /// Commands with a folder, and what they need; a sweep's processes share theirs.
  private static let commands: [FaultCommand] =
    FaultCommand.tested.filter { $0.name != "ablate" } + [
      command("train-vae", ["--config", "vae.yaml", "--resume"], needs: ["images"], "vae"),
      command(
        "train-predictor", ["--config", "predictor.yaml", "--resume"], needs: ["vae", "latents"],
        "predictor"),
      command(
        "train-features", ["--config", "features.yaml", "--resume"], needs: ["images"], "features"),
      command("render-dataset", ["--output", "set", "--per-class", "2", "--size", "16"], "set"),
      command("compare", ["--config", "compare.yaml"], needs: ["vae", "predictor"], "compared") {
        try $0.write(
          """
          output: compared
          predictor: {weights: predictor/predictor.safetensors}
          vae: {weights: vae/vae.safetensors}
          sampling: {plans: [H1], perClass: 1, guidance: 1.5, reference: heun:4}
          """, to: "compare.yaml")
      },
      command(
        "likelihood", ["--config", "likelihood.yaml"], needs: ["latents", "predictor"], "likely"
      ) {
        try $0.write(
          """
          output: likely
          data: {latents: latents/latents.h5}
          predictor: {weights: predictor/predictor.safetensors}
          likelihood: {plan: rk4:2, count: 4}
          """, to: "likelihood.yaml")
      },
    ]

  private static func command(
    _ name: String, _ arguments: [String], needs: [String] = [], _ output: String,
    _ prepare: @escaping @Sendable (Workplace) throws -> Void = { _ in }
  ) -> FaultCommand {
    FaultCommand(
      name: name, program: .flowturbo, arguments: [name] + arguments, needs: needs,
      prepare: prepare, outputs: [output], inputs: [])
  }

  /// The operation after which a run says in its lock who it is.
  private func locked(_ command: FaultCommand) throws -> Int {
    let place = try command.newPlace()
    let ending = try place.run(
      command.program, command.arguments,
      environment: FileFault.counting(
        .changes, to: place.path(".count"), trace: place.path(".trace")))
    try #require(ending.code == 0, "\(command.name): \(ending.errors)")
    let lines = place.text(".trace").split(separator: "\n")
    let number = lines.firstIndex { $0.hasPrefix("write ") && $0.hasSuffix("/.lock") }
    return try #require(number, "\(command.name) locks nothing") + 1
  }

  @Test(arguments: commands)
  func secondRunIsRefused(_ command: FaultCommand) throws {
    let fault = FileFault(action: .stop, place: try locked(command) + 1)
    let place = try command.newPlace()
    let first = try command.start(place, fault)
    try #require(first.waitUntilStopped(), "\(command.name)")
    let second = try place.run(command.program, command.arguments)
    #expect(second.code == 2, "\(command.name): \(second.errors)")
    let host = ProcessInfo.processInfo.hostName.split(separator: ".").first ?? ""
    #expect(
      second.errors.contains("in use by process \(first.number) on \(host)"), "\(second.errors)")
    #expect(second.errors.split(separator: "\n").count { $0.hasPrefix("error: ") } == 1)
    first.goOn()
    let ending = first.ending()
    #expect(ending.code == 0, "\(command.name): \(ending.errors)")
  }

  /// The text of a lock says nothing: the kernel knows whether its holder lives.
  @Test func locksOfTheDeadAndOfOtherHostsAreTakenOver() throws {
    let command = FaultCommand.sample
    let place = try command.newPlace()
    try place.write("process 1 on elsewhere since long ago\n", to: "samples/.lock")
    try place.succeed(command.program, command.arguments)
    #expect(!place.exists("samples/.lock"))
  }

  /// Before each change of a run's files, everything under a final name can be read.
  @Test(arguments: [FaultCommand.refiner, .sample, .evaluate])
  func readersNeverMeetAHalfFile(_ command: FaultCommand) throws {
    let place = try command.newPlace()
    let running = try command.start(place, FileFault(action: .steps, place: 1))
    var (looks, files): (Int, Int) = (0, 0)
    while running.waitUntilStopped() {
      looks += 1
      for path in Products.files(command.outputs, in: place) {
        #expect(throws: Never.self, "\(path) at change \(looks)") {
          try Self.read(place.path(path))
        }
        files += 1
      }
      running.goOn()
    }
    let ending = running.ending()
    #expect(ending.code == 0, "\(ending.errors)")
    #expect(looks > 20 && files > looks, "\(looks) looks at \(files) files")
  }

  /// - Throws: where the file is not whole.
  private static func read(_ path: String) throws {
    struct Half: Error {}
    let name = (path as NSString).lastPathComponent
    guard !name.contains(".tmp-"), name != ".lock" else { return }
    switch (path as NSString).pathExtension {
    case "safetensors":
      let file = try SafetensorsFile(path: path)
      if let last = file.names.last { _ = try file.floats(last) }
    case "npz": _ = try NPZFile(path: path)
    case "png": _ = try ImageDecoder.decode(path: path)
    case "json":
      _ = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    case "yaml":
      guard try String(contentsOfFile: path, encoding: .utf8).hasSuffix("\n") else { throw Half() }
    case "jsonl":
      // A line may be on its way; those before it are whole.
      for line in try String(contentsOfFile: path, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false
      ).dropLast() {
        _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
      }
    case "h5" where path.contains("/cache/"): _ = try FeaturesFile(path: path)
    default: break
    }
  }
}
