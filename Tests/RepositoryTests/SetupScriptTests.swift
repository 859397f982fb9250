import Foundation
import Testing

/// scripts/setup.sh with stand-ins for the programs that it asks and runs.
@Suite struct SetupScriptTests {
  /// - Parameters:
  ///   - missing: a package that is not installed until apt-get has run.
  ///   - apt: what the stand-in for `apt-get install` ends with.
  private func run(
    swift: String = "Swift version 6.3.1 (swift-6.3.1-RELEASE)", missing: String = "none",
    apt: Int = 0
  ) throws -> (exitCode: Int32, output: String, log: String) {
    let folder = try Repository.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, script) in [
      ("swift", "echo '\(swift)'"),
      (
        "dpkg-query",
        "for last; do :; done; [ $last = \(missing) ] && [ ! -e \(folder)/done ] && exit 1; "
          + "printf installed"
      ),
      (
        "apt-get",
        "echo \"$@\" >> \(folder)/log; [ $1 = update ] && exit 0; "
          + "[ \(apt) = 0 ] && touch \(folder)/done; exit \(apt)"
      ),
      ("sudo", "[ $1 = -n ] && shift; exec \"$@\""),
    ] {
      try "#!/bin/sh\n\(script)\n".write(
        toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(name)")
    }
    let run = try Repository.Run(
      "/bin/bash", ["\(Repository.root)/scripts/setup.sh"],
      environment: ["PATH": "\(folder):/usr/bin:/bin"])
    let log = try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)
    return (run.exitCode, run.output, log ?? "")
  }

  @Test func nothingMissingAsksNoServer() throws {
    let run = try run()
    #expect(run.exitCode == 0)
    #expect(run.log == "")
  }

  @Test func onlyWhatIsMissingIsInstalledAndExplained() throws {
    let run = try run(missing: "libhdf5-dev")
    #expect(run.exitCode == 0, "\(run.output)")
    #expect(run.output.contains("libhdf5-dev        HDF5: files of latents"))
    #expect(!run.output.contains("libpng-dev"))
    #expect(run.log.hasPrefix("update -q\n"))
    #expect(run.log.contains("install -y --no-install-recommends libhdf5-dev -q\n"))
  }

  @Test func failuresNameTheCommandToRun() throws {
    let run = try run(missing: "libpng-dev", apt: 100)
    #expect(run.exitCode == 1)
    #expect(
      run.output.contains(
        "  apt-get update && apt-get install -y --no-install-recommends libpng-dev\n"))
  }

  @Test func oldSwiftIsRefused() throws {
    let run = try run(swift: "Swift version 6.2.4 (swift-6.2.4-RELEASE)")
    #expect(run.exitCode == 1)
    #expect(run.output.contains("needs 6.3 or newer"))
    #expect(try self.run(swift: "Swift version 6.10 (swift-6.10-RELEASE)").exitCode == 0)
    #expect(try self.run(swift: "").exitCode == 1)
  }
}
