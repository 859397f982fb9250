import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

@testable import Storage

@Suite struct TableFileTests {
  private func write(_ path: String, names: [String] = ["fid", "precision·"]) throws {
    try TableFile.write(
      to: path, format: "flowturbo-test", version: 3,
      attributes: [
        ("text", .text("line 1\nline ü")), ("count", .integer(-1)), ("scale", .number(0.1)),
        ("empty", .text("")),
      ],
      columns: [
        .init("name", .texts(names), description: "Names"),
        .init("value", .numbers([1.0 / 3, .nan]), description: "Values"),
        .init("label", .integers([-1, 7]), description: "Labels"),
      ])
  }

  @Test func holdsWhatWasWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/table.h5"
      try write(path)
      let file = try ReadOnlyFile(path)
      let (name, value, label) = try HDF5.open(path) { table in
        try table.check(HDF5Format(name: "flowturbo-test", version: 3, holds: "", command: ""))
        #expect(try table.text("text") == "line 1\nline ü")
        #expect(try table.text("empty") == "")
        #expect(try table.integer("count") == -1)
        #expect(try table.double("scale") == 0.1)
        #expect(try table.shortTexts("name") == ["fid", "precision·"])
        return (
          try table.texts("name"), try table.numbers("value", .float64, rank: 1),
          try table.numbers("label", .int32, rank: 1)
        )
      }
      #expect(name.width == 11)
      #expect(value.shape == [2])
      let start = try #require(value.offset)
      let bits = try file.bytes(start..<start + 16).withUnsafeBytes { raw in
        (0..<2).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
      }
      #expect(Double(bitPattern: bits[0]) == 1.0 / 3)
      #expect(Double(bitPattern: bits[1]).isNaN)
      let labels = try #require(label.offset)
      #expect(
        try file.bytes(labels..<labels + 8) == [255, 255, 255, 255, 7, 0, 0, 0])
    }
  }

  @Test func equalValuesGiveEqualBytes() throws {
    try withTemporaryFolder { folder in
      try write(folder + "/a.h5")
      try write(folder + "/b.h5")
      try write(folder + "/c.h5", names: ["fid", "recall"])
      let hashes = try ["a", "b", "c"].map { try FileHash.sha256(ofFile: "\(folder)/\($0).h5") }
      #expect(hashes[0] == hashes[1])
      #expect(hashes[0] != hashes[2])
    }
  }

  @Test func columnsAreOfEqualLength() throws {
    try withTemporaryFolder { folder in
      #expect(throws: InputError.self) { try write(folder + "/a.h5", names: ["fid"]) }
      #expect(!FileManager.default.fileExists(atPath: folder + "/a.h5"))
      // A table without rows is its attributes.
      try TableFile.write(
        to: folder + "/empty.h5", format: "f", version: 1, attributes: [],
        columns: [.init("name", .texts([]), description: "")])
      try HDF5.open(folder + "/empty.h5") { _ = try $0.text("format") }
    }
  }
}
