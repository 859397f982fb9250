import Diagnostics
import Files
import Foundation
import Storage
import TemporaryFolders
import Testing

@Suite struct HDF5ProbeTests {
  /// The program of `Tests/HDF5ProbeHost`, built beside the tests.
  let program: String

  init() throws {
    let folder = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
      .deletingLastPathComponent()
    program = folder.appendingPathComponent("hdf5-probe-host").path
    try #require(FileManager.default.isExecutableFile(atPath: program), "\(program)")
  }

  /// Writes the fixture changed by `change` and runs `body` with its path.
  func withFile(
    _ change: (inout [UInt8]) -> Void, _ body: (String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/latents.h5"
      try LatentsFixture.make(path)
      let file = try ReadOnlyFile(path)
      var bytes = try file.bytes(0..<file.size)
      change(&bytes)
      try AtomicFile.write(bytes, to: path)
      try body(path)
    }
  }

  /// Any change to what is not a sample makes the file an unknown one.
  @Test func readsFilesWithoutOurSeal() throws {
    try withFile {
      $0[0] = 0
    } _: { path in
      try LatentsFixture.check(LatentsFile(path: path, probe: program))
      // This test process does not answer probes, so it is not started.
      let error = #expect(throws: InputError.self) { try LatentsFile(path: path) }
      #expect(error?.description.contains("serveIfAsked") == true)
    }
  }

  @Test func readsFeaturesWithoutOurSeal() throws {
    try withTemporaryFolder { folder in
      let path = try FeaturesFixture.make(folder).path
      var bytes = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
      bytes[0] = 0
      try AtomicFile.write(bytes, to: path)
      try FeaturesFixture.check(FeaturesFile(path: path, probe: program))
      // Latents are no features, and the other way round.
      #expect(throws: InputError.self) { try LatentsFile(path: path, probe: program) }
      try LatentsFixture.make(folder + "/latents.h5")
      let error = #expect(throws: InputError.self) {
        try FeaturesFile(path: folder + "/latents.h5", probe: program)
      }
      #expect(error?.description.contains("flowturbo-features") == true)
    }
  }

  @Test func refusesOtherFiles() throws {
    try withTemporaryFolder { folder in
      for (name, bytes) in [
        ("empty", []), ("text", Array("FLOWTURBO-LATENTS 1 9999999999 abc\n{}".utf8)),
        ("magic", [0x89] + Array("HDF\r\n\u{1A}\n".utf8)),
      ] as [(String, [UInt8])] {
        try AtomicFile.write(bytes, to: folder + "/" + name)
        let error = #expect(throws: InputError.self) {
          try LatentsFile(path: folder + "/" + name, probe: program)
        }
        #expect(error?.description.contains("/" + name) == true)
      }
      // A program that answers nothing, as one that crashes.
      try AtomicFile.write("x", to: folder + "/x")
      #expect(throws: InputError.self) {
        try LatentsFile(path: folder + "/x", probe: "/bin/true")
      }
      #expect(throws: InputError.self) {
        try LatentsFile(path: folder + "/x", probe: folder + "/absent")
      }
    }
  }

  @Test func refusesCutFiles() throws {
    try withFile {
      $0.removeLast(40)
    } _: { path in
      #expect(throws: InputError.self) { try LatentsFile(path: path, probe: program) }
    }
  }

  /// Damage anywhere in HDF5's structures is an error or is harmless; it never
  /// ends this process.
  @Test func survivesDamage() throws {
    var refused = 0
    for round in 0..<24 {
      try withFile { bytes in
        // The structures follow the user block.
        let start = 2048
        for k in 0..<8 {
          let place = start + (round * 8 + k) * 2_654_435_761 % (bytes.count - start)
          bytes[place] = UInt8(truncatingIfNeeded: 0xFF - round * 7 - k)
        }
      } _: { path in
        do {
          _ = try LatentsFile(path: path, probe: program)
        } catch is InputError {
          refused += 1
        }
      }
    }
    #expect(refused > 0)
  }
}
