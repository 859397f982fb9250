import Diagnostics
import Files
import Foundation
import TemporaryFolders
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

  @Test func errorsNameTheFileThatWasAskedFor() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file.txt"
      let error = #expect(throws: InputError.self) {
        try AtomicFile.write(to: path) { _ = try OutputFile($0 + "/below") }
      }
      #expect(
        error?.description
          == "\(path)/below: cannot be opened for writing: No such file or directory")
      // The system's word for what stands in the way.
      try AtomicFile.write("x", to: path)
      let other = #expect(throws: InputError.self) { try AtomicFile.makeDirectory(path + "/a/b") }
      #expect(
        other?.description.contains("\(path)/a/b: expected a folder that can be created") == true)
      #expect(other?.description.contains("Not a directory") == true)
    }
  }

  @Test func makesFoldersOfAnySpelling() throws {
    try withTemporaryFolder { folder in
      for name in ["/a/b/c", "/a/b/c", "/a/d/", "/e//f", "/a/../g"] {
        try AtomicFile.makeDirectory(folder + name)
        var isFolder: ObjCBool = false
        #expect(FileManager.default.fileExists(atPath: folder + name, isDirectory: &isFolder))
        #expect(isFolder.boolValue, "\(name)")
      }
      try AtomicFile.makeDirectory("/")
      try AtomicFile.makeDirectory(".")
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

  @Test func removesLeftoversOfTheDeadAlone() throws {
    try withTemporaryFolder { folder in
      let dead = Process()
      dead.executableURL = URL(fileURLWithPath: "/bin/true")
      try dead.run()
      dead.waitUntilExit()
      let names = ["a.tmp-\(dead.processIdentifier)", "b.tmp-\(dead.processIdentifier)", "a.tmp-1"]
      for name in names { try AtomicFile.write("x", to: folder + "/" + name) }
      AtomicFile.removeLeftoversOfTheDead(of: folder + "/a")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.sorted() == ["a.tmp-1", names[1]])
    }
  }

  @Test func aFileWrittenToWhileItIsReadIsAnError() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write("0123456789", to: path)
      let file = try ReadOnlyFile(path)
      let stamp = FileStamp(path: path)
      #expect(try file.bytes(0..<3) == Array("012".utf8))
      try OutputFile(path, truncating: false).write(Array("abc".utf8))
      let error = #expect(throws: InputError.self) { try file.bytes(0..<3) }
      #expect(error?.description.contains("changed meanwhile") == true)
      #expect(FileStamp(path: path) != stamp)
      #expect(FileStamp(path: path + "-absent") == nil)
      // Removed or renamed over, it is still what it was.
      let again = try ReadOnlyFile(path)
      try AtomicFile.write("another", to: path)
      #expect(try again.bytes(0..<3) == Array("abc".utf8))
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
