import Foundation
import Imaging
import PipelinesTestSupport
import TemporaryFolders
import Testing

@Suite struct EditingCommandTests {
  /// Configurations of the four commands, an image and a mask.
  private struct Place {
    let folder: String

    init(_ folder: String) throws {
      self.folder = folder
      let models = try TinyModels(in: folder)
      let gray = RGBImage(width: 8, height: 8, pixels: Array(repeating: 90, count: 192))
      try ImageEncoder.writePNG(gray, to: "\(folder)/image.png")
      let half = RGBImage(
        width: 8, height: 8, pixels: (0..<192).map { $0 < 96 ? 255 : 0 })
      try ImageEncoder.writePNG(half, to: "\(folder)/mask.png")
      let input = "input: {images: [\(folder)/image.png]}\n"
      for (name, labels, more) in [
        ("edit", "labels: 1", input + "edit: {strength: 0.5}"),
        ("inpaint", "labels: 1", input + "inpaint: {masks: [\(folder)/mask.png]}"),
        ("invert", "labels: 1", input),
        ("interpolate", "", "interpolate: {from: {label: 0}, to: {index: 1, label: 2}}"),
      ] {
        try models.taskConfiguration(output: "\(folder)/\(name)", sampling: labels, more)
          .write(toFile: "\(folder)/\(name).yaml", atomically: true, encoding: .utf8)
      }
    }

    func run(_ command: String, _ flags: String...) throws -> CommandRun {
      try CommandRun("flowturbo", [command, "--config", "\(folder)/\(command).yaml"] + flags)
    }
  }

  @Test func commandsRunAndSayWhatTheyWouldTake() throws {
    try withTemporaryFolder { folder in
      let place = try Place(folder)
      for command in ["edit", "inpaint", "invert", "interpolate"] {
        let dry = try place.run(command, "--dry-run")
        #expect(dry.exitCode == 0, "\(dry.errors)")
        #expect(dry.output.contains("Nothing was run"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/\(command)"))
        let run = try place.run(command, "--plan", "heun:4", "--threads", "1")
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("samples with heun:4"), "\(run.output)")
        #expect(FileManager.default.fileExists(atPath: "\(folder)/\(command)/images/000000.png"))
        let again = try place.run(command, "--plan", "heun:4", "--resume")
        #expect(again.output.contains("complete already"), "\(again.output)")
      }
    }
  }

  @Test func flagsAreShortForKeys() throws {
    try withTemporaryFolder { folder in
      let place = try Place(folder)
      let run = try place.run(
        "edit", "--images", "\(folder)/image.png", "--images", "\(folder)/mask.png", "--labels",
        "none,2", "--strength", "0.25", "--plan", "[H1R1]x2")
      #expect(run.exitCode == 0, "\(run.errors)")
      let yaml = try String(
        contentsOfFile: "\(folder)/edit/configuration.yaml", encoding: .utf8)
      for line in ["plan: \"[H1R1]x2\"", "labels: \"none,2\"", "strength: 0.25"] {
        #expect(yaml.contains("  \(line)\n"), "\(yaml)")
      }
      #expect(FileManager.default.fileExists(atPath: "\(folder)/edit/images/000001.png"))
    }
  }

  @Test func mistakesEndWithTwoAndOneLine() throws {
    try withTemporaryFolder { folder in
      _ = try Place(folder)
      for (command, flags, message) in [
        ("edit", ["--strength", "1.5"], "expected a number from 0.0 to 1.0"),
        ("edit", ["--images", "nowhere.png"], "nowhere.png: expected an image file or a folder"),
        ("edit", ["--labels", "torus"], "class 'torus': expected a number from 0 to 2"),
        ("inpaint", ["--mask", "\(folder)/edit.yaml"], "expected a whole JPEG or PNG image"),
        ("invert", ["--plan", "sde:8"], "expected a plan without random draws"),
        ("interpolate", ["--frames", "1"], "expected an integer from 2 to 256"),
        (
          "interpolate", ["--set", "interpolate.from.noise=\(folder)/vae.safetensors"],
          "expected a tensor 'noise'"
        ),
      ] {
        let run = try CommandRun(
          "flowturbo", [command, "--config", "\(folder)/\(command).yaml"] + flags)
        #expect(run.exitCode == 2, "\(command) \(flags)")
        #expect(run.errors.contains(message), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count { $0.hasPrefix("error: ") } == 1)
      }
    }
  }

  @Test func terminatedRunsEndWithTheirOwnCode() throws {
    try withTemporaryFolder { folder in
      _ = try Place(folder)
      let process = try CommandRun.start(
        "flowturbo",
        ["invert", "--config", "\(folder)/invert.yaml", "--plan", "heun:10000"], folder: folder)
      while !FileManager.default.fileExists(atPath: "\(folder)/invert/manifest.json"),
        process.isRunning
      { usleep(2000) }
      process.terminate()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit)
      #expect(process.terminationStatus == 3)
      let errors = try String(contentsOfFile: "\(folder)/stderr.txt", encoding: .utf8)
      #expect(errors.contains("stopped after 0 of 1 samples: repeat the command with --resume"))
    }
  }
}
