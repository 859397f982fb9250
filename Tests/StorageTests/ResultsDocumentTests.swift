import Diagnostics
import Files
import Foundation
import Testing

@testable import Storage

@Suite struct ResultsDocumentTests {
  private static let pixels = (0..<18).map { UInt8($0 * 14) }

  private func document(value: Double = 0.5) -> ResultsDocument {
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
      try document().write(to: path)
      let read = try ResultsDocument(path: path)
      #expect(read[attribute: "configuration"] == "output: a\n")
      #expect(read[attribute: "commit"] == "")
      #expect(read[attribute: "processor"] == nil)
      // In the order of names; tables without rows are not there.
      #expect(read.tables.map(\.path) == ["cells", "tables/orders"])
      #expect(read[table: "tables/orders"] == document().tables[0])
      #expect(read[table: "cells"] == document().tables[2])
      #expect(read.pictures == document().pictures)
    }
  }

  @Test func equalDocumentsGiveEqualBytes() throws {
    try withTemporaryFolder { folder in
      try document().write(to: folder + "/a.h5")
      try document().write(to: folder + "/b.h5")
      try document(value: 0.25).write(to: folder + "/c.h5")
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
      let pixels = [UInt8](repeating: 0, count: 3 << 22)
      func pictures(_ count: Int) -> ResultsDocument {
        ResultsDocument(
          attributes: [], tables: [],
          pictures: (0..<count).map {
            ResultPicture("grids/\($0)", title: "", width: 2048, height: 2048, pixels: pixels)
          })
      }
      try pictures(21).write(to: path)
      #expect(try ResultsDocument(path: path).pictures.count == 21)
      try pictures(22).write(to: path)
      #expect(try ReadOnlyFile(path).size < 1 << 20)
      let error = #expect(throws: InputError.self) { try ResultsDocument(path: path) }
      #expect(error?.description.contains("at most 268435456 bytes of results") == true)
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
      #expect(throws: InputError.self) { try ResultsDocument(path: path) }
    }
  }
}
