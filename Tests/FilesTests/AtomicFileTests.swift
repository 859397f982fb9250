import Diagnostics
import Files
import Foundation
import Testing

@Suite struct AtomicFileTests {
  @Test func writesWholeFilesInNewFolders() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a/b/file.txt"
      try AtomicFile.write("first", to: path)
      try AtomicFile.write("second", to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "second")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b")
      #expect(names == ["file.txt"])
    }
  }

  @Test func keepsTheOldFileOnFailure() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file.txt"
      try AtomicFile.write("old", to: path)
      #expect(throws: InputError.self) {
        try AtomicFile.write(to: path) { temporary in
          try OutputFile(temporary).write(Array("half".utf8))
          throw InputError("stopped")
        }
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names == ["file.txt"])
    }
  }

  @Test func refusesAPathUnderAFile() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("x", to: folder + "/file")
      let error = #expect(throws: InputError.self) {
        try AtomicFile.write("y", to: folder + "/file/below")
      }
      #expect(error?.description.contains("/file") == true)
    }
  }

  @Test func removesOnlyLeftovers() throws {
    try withTemporaryFolder { folder in
      for name in ["a.tmp-123", "b.tmp-x", "c.tmp-", "d"] {
        try AtomicFile.write("x", to: folder + "/" + name)
      }
      AtomicFile.removeLeftovers(in: folder)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["b.tmp-x", "c.tmp-", "d"])
    }
  }

  @Test func removesOnlyOneFilesLeftovers() throws {
    try withTemporaryFolder { folder in
      for name in ["a.tmp-1", "a.tmp-22", "aa.tmp-1", "a"] {
        try AtomicFile.write("x", to: folder + "/" + name)
      }
      AtomicFile.removeLeftovers(of: folder + "/a")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["a", "aa.tmp-1"])
    }
  }

  @Test func readsOnlyWhatIsThere() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("0123456789", to: folder + "/file")
      let file = try ReadOnlyFile(folder + "/file")
      #expect(file.size == 10)
      #expect(try file.bytes(3..<6) == Array("345".utf8))
      #expect(throws: InputError.self) { try file.bytes(3..<11) }
      #expect(throws: InputError.self) { try file.bytes(0..<Int.max) }
      var pieces: [[UInt8]] = []
      try file.forEachChunk(of: 1..<9, chunk: 3) { pieces.append(Array($0)) }
      #expect(pieces == ["123", "456", "78"].map { Array($0.utf8) })
      truncate(folder + "/file", 4)
      #expect(throws: InputError.self) { try file.bytes(3..<6) }
      #expect(throws: InputError.self) { try ReadOnlyFile(folder) }
      #expect(throws: InputError.self) { try ReadOnlyFile(folder + "/absent") }
    }
  }
}
