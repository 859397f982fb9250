import Diagnostics
import Files
import Foundation
import Storage
import TemporaryFolders
import Testing

/// Results of unknown origin are read by a child process.
@Suite struct ResultsProbeTests {
  /// The program of `Tests/HDF5ProbeHost`, built beside the tests.
  let program: String

  init() throws {
    program =
      URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
      .deletingLastPathComponent().appendingPathComponent("hdf5-probe-host").path
    try #require(FileManager.default.isExecutableFile(atPath: program), "\(program)")
  }

  private let document = ResultsDocument(
    attributes: [("configuration", "output: µ\n"), ("commit", "")],
    tables: [
      ResultTable(
        "summary/a", title: "A",
        columns: [
          .init("cell", .texts(["µ", ""]), description: "The cell"),
          .init("seeds", .integers([.min, 7]), unit: "1", description: "Seeds"),
          .init(
            "fid", .numbers([0.1, .nan]), unit: "1", description: "FID"),
          .init("time", .numbers([.infinity, -0.0]), unit: "ms", description: "Time"),
        ])
    ],
    pictures: [
      ResultPicture(
        "grids/a/b", title: "p", width: 2, height: 1, pixels: [0, 255, 1, 2, 128, 3])
    ])

  @Test func isReadAsItWasWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/results.h5"
      try document.write(to: path)
      let read = try ResultsDocument(unknown: path, probe: program)
      #expect(read.tables == document.tables)
      #expect(read.pictures == document.pictures)
      #expect(read.attributes.map(\.name) == ["configuration", "commit"])
      #expect(read[attribute: "configuration"] == "output: µ\n")
      // This test process does not answer probes, so it is not started.
      let error = #expect(throws: InputError.self) { try ResultsDocument(unknown: path) }
      #expect(error?.description.contains("serveIfAsked") == true)
    }
  }

  @Test func otherFilesAreRefusedInOneLine() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("no HDF5", to: folder + "/text")
      try TableFile.write(
        to: folder + "/table", format: "flowturbo-evaluation", version: 1, attributes: [],
        columns: [])
      try TableFile.write(
        to: folder + "/later", format: ResultsDocument.format,
        version: ResultsDocument.version + 1, attributes: [], columns: [])
      for name in ["text", "table", "later", "missing", "."] {
        let path = folder + "/" + name
        let error = #expect(throws: InputError.self) {
          try ResultsDocument(unknown: path, probe: program)
        }
        #expect(error?.description.hasPrefix(path) == true, "\(name)")
        #expect(error?.description.contains("\n") == false)
      }
      // A program that answers nothing, as one that crashes.
      try document.write(to: folder + "/results.h5")
      let error = #expect(throws: InputError.self) {
        try ResultsDocument(unknown: folder + "/results.h5", probe: "/bin/true")
      }
      #expect(error?.description.contains("damaged") == true)
    }
  }

  /// Damage anywhere is an error or is harmless; it never ends this process.
  @Test func survivesDamage() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/results.h5"
      try document.write(to: path)
      let whole = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
      var refused = 0
      for round in 0..<24 {
        var bytes = whole
        if round < 4 {
          bytes.removeLast(bytes.count * (round + 1) / 5)
        } else {
          for k in 0..<16 {
            let place = (round * 16 + k) * 2_654_435_761 % bytes.count
            bytes[place] = UInt8(truncatingIfNeeded: 0xFF - round * 7 - k)
          }
        }
        try AtomicFile.write(bytes, to: path)
        do {
          _ = try ResultsDocument(unknown: path, probe: program)
        } catch let error as InputError {
          #expect(!error.description.contains("\n"))
          refused += 1
        }
      }
      #expect(refused >= 4)
    }
  }
}
