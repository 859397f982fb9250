import Foundation
import PipelinesTestSupport
import TemporaryFolders
import Testing

@Suite struct RenderDatasetCommandTests {
  private func render(_ folder: String, _ flags: [String] = []) throws -> CommandRun {
    try CommandRun(
      "flowturbo",
      ["render-dataset", "--output", folder, "--per-class", "3", "--size", "16"] + flags)
  }

  @Test func rendersAFolderPerClass() throws {
    try withTemporaryFolder { folder in
      let run = try render("\(folder)/a", ["--classes", "torus,cube"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("6 images of 2 classes"))
      let files = try contents(of: "\(folder)/a")
      #expect(
        files.keys.sorted() == [
          "cube/cube_000000.jpeg", "cube/cube_000001.jpeg", "cube/cube_000002.jpeg",
          "dataset.json", "torus/torus_000000.jpeg", "torus/torus_000001.jpeg",
          "torus/torus_000002.jpeg",
        ])
      // The threads do not matter, the seed does.
      #expect(
        try render("\(folder)/b", ["--classes", "cube,torus", "--workers", "1"]).exitCode == 0)
      #expect(try contents(of: "\(folder)/b") == files)
      #expect(try render("\(folder)/c", ["--classes", "cube,torus", "--seed", "1"]).exitCode == 0)
      #expect(
        try contents(of: "\(folder)/c")["cube/cube_000000.jpeg"] != files["cube/cube_000000.jpeg"])
    }
  }

  @Test func mistakesEndWithTwo() throws {
    try withTemporaryFolder { folder in
      for (flags, message) in [
        (["--classes", "cube,sheep"], "--classes: expected capsule, cone, cross"),
        (["--size", "0"], "--size: expected 8 to 1024 pixels, found 0"),
        (["--quality", "0"], "JPEG quality"),
        (["--per-class", "0"], "images per class"), (["--workers", "0"], "--workers"),
        (["--seed", "-1"], "--seed"),
      ] {
        let run = try render("\(folder)/a", flags)
        #expect(run.exitCode == 2, "\(flags)")
        #expect(run.errors.contains(message), "\(run.errors)")
      }
      try "mine".write(toFile: "\(folder)/text", atomically: true, encoding: .utf8)
      #expect(try render(folder).exitCode == 2)
    }
  }
}
