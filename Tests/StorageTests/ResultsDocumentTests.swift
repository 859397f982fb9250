import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

@testable import Storage

@Suite struct ResultsDocumentTests {
  static let pixels = (0..<18).map { UInt8($0 * 14) }

  static func document(value: Double = 0.5) -> ResultsDocument {
    ResultsDocument(
      attributes: [("configuration", "output: a\n"), ("commit", "")],
      tables: [
        ResultTable(
          "tables/orders", title: "Orders · six",
          columns: [
            .init("cell", .texts(["H1P1", "µ"]), description: "The cell"),
            .init("seed", .integers([0, -1]), unit: "1", description: "Seed"),
            .init("time ms", .numbers([value, .nan]), unit: "ms", description: "Time"),
          ]),
        ResultTable("tables/empty", title: "None", columns: []),
        ResultTable(
          "cells", title: "All",
          columns: [.init("study", .texts(["orders"]), description: "Study")]),
      ],
      pictures: [
        ResultPicture("grids/orders/a", title: "p", width: 3, height: 2, pixels: Self.pixels),
        ResultPicture("grids/orders/b", title: "p", width: 3, height: 2, pixels: Self.pixels),
        ResultPicture(
          "grids/orders/c", title: "q", width: 2, height: 3, pixels: Self.pixels.reversed()),
      ])
  }

  @Test func isReadAsItWasWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/results.h5"
      try Self.document().write(to: path)
      let read = try ResultsDocument(path: path)
      #expect(read[attribute: "configuration"] == "output: a\n")
      #expect(read[attribute: "commit"] == "")
      #expect(read[attribute: "processor"] == nil)
      // In the order of names; tables without rows are not there.
      #expect(read.tables.map(\.path) == ["cells", "tables/orders"])
      #expect(read[table: "tables/orders"] == Self.document().tables[0])
      #expect(read[table: "cells"] == Self.document().tables[2])
      #expect(read.pictures == Self.document().pictures)
    }
  }

  /// Such as a process that was started while the file was written, and has its descriptor.
  @Test func aLockThatAnotherHoldsIsNoObstacle() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/results.h5"
      try Self.document().write(to: path)
      let descriptor = open(path, O_RDONLY)
      defer { close(descriptor) }
      try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
      #expect(try ResultsDocument(path: path).pictures == Self.document().pictures)
    }
  }

  @Test func equalDocumentsGiveEqualBytes() throws {
    try withTemporaryFolder { folder in
      try Self.document().write(to: folder + "/a.h5")
      try Self.document().write(to: folder + "/b.h5")
      try Self.document(value: 0.25).write(to: folder + "/c.h5")
      let hashes = try ["a", "b", "c"].map { try FileHash.sha256(ofFile: "\(folder)/\($0).h5") }
      #expect(hashes[0] == hashes[1])
      #expect(hashes[0] != hashes[2])
    }
  }

  @Test func tablesThatNoOneCouldReadAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      for columns: [ResultColumn] in [
        [.init("a", .integers([1]), description: ""), .init("b", .integers([]), description: "")],
        [.init("a", .integers([1]), description: ""), .init("a", .integers([2]), description: "")],
      ] {
        let bad = ResultsDocument(
          attributes: [], tables: [ResultTable("t", title: "", columns: columns)], pictures: [])
        #expect(throws: InputError.self) { try bad.write(to: path) }
      }
      let picture = ResultPicture("p", title: "", width: 2, height: 2, pixels: [1])
      let bad = ResultsDocument(attributes: [], tables: [], pictures: [picture])
      #expect(throws: InputError.self) { try bad.write(to: path) }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  /// One picture under many names is a small file that would fill the memory.
  @Test func whatAFileHoldsIsBounded() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let pixels = [UInt8](repeating: 7, count: 3 << 16)
      try ResultsDocument(
        attributes: [], tables: Self.document().tables,
        pictures: (0..<40).map {
          ResultPicture("grids/\($0)", title: "", width: 256, height: 256, pixels: pixels)
        }
      ).write(to: path)
      #expect(try ReadOnlyFile(path).size < 1 << 17)
      func read(_ limits: ReadingLimits) throws -> ResultsDocument {
        try ResultsDocument(path: path, limits: limits)
      }
      #expect(try read(ReadingLimits(bytes: 41 * 3 << 16)).pictures.count == 40)
      for limits in [
        ReadingLimits(bytes: 39 * 3 << 16), ReadingLimits(objectBytes: (3 << 16) - 1),
        ReadingLimits(objectBytes: 8),
      ] {
        let error = #expect(throws: InputError.self) { try read(limits) }
        #expect(error?.description.contains("bytes") == true)
      }
      // Reduced ones take less.
      let reduced = try read(ReadingLimits(bytes: 11 * 3 << 16, pixels: 128 * 128)).pictures
      #expect(reduced.count == 40)
      #expect(reduced.allSatisfy { $0.width == 128 && $0.pixels.allSatisfy { $0 == 7 } })
    }
  }

  /// A pixel is the mean of a square, at the right and the bottom of what there is of it.
  @Test func largePicturesAreReduced() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let reds: [UInt8] = [0, 10, 20, 40, 60, 80]
      let pixels: [UInt8] = reds.flatMap { red -> [UInt8] in [red, 0, 255] }
      try ResultsDocument(
        attributes: [], tables: [],
        pictures: [ResultPicture("grids/a", title: "p", width: 3, height: 2, pixels: pixels)]
      ).write(to: path)
      let read = try ResultsDocument(path: path, limits: ReadingLimits(pixels: 5)).pictures
      #expect(
        read == [
          ResultPicture(
            "grids/a", title: "p, at 1/2 of its size", width: 2, height: 1,
            pixels: [28, 0, 255, 50, 0, 255])
        ])
      #expect(try ResultsDocument(path: path).pictures.first?.pixels == pixels)
    }
  }

  @Test func filesOfOtherFormatsAreRefused() throws {
    try withTemporaryFolder { folder in
      let missing = #expect(throws: InputError.self) {
        try ResultsDocument(path: folder + "/no.h5")
      }
      #expect(missing?.description.contains("run `swift run ablate` first") == true)
      let path = folder + "/table.h5"
      try TableFile.write(
        to: path, format: "flowturbo-evaluation", version: 1, attributes: [], columns: [])
      let other = #expect(throws: InputError.self) { try ResultsDocument(path: path) }
      #expect(other?.description.contains("expected format flowturbo-ablation") == true)
    }
  }
}
