import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

@Suite struct RunLockTests {
  @Test func secondLockNamesTheFirst() throws {
    try withTemporaryFolder { folder in
      let lock = try RunLock(directory: folder + "/run")
      let error = #expect(throws: InputError.self) { try RunLock(directory: folder + "/run") }
      #expect(error?.description.contains("process \(getpid()) on ") == true)
      lock.release()
      let again = try RunLock(directory: folder + "/run")
      #expect(FileManager.default.fileExists(atPath: folder + "/run/.lock"))
      again.release()
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/.lock"))
    }
  }

  @Test func takesOverWhatADeadProcessLeft() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(
        "process 1 on elsewhere since long ago, and more text", to: folder + "/.lock")
      let lock = try RunLock(directory: folder)
      let text = try String(contentsOfFile: folder + "/.lock", encoding: .utf8)
      #expect(text.hasPrefix("process \(getpid()) on "))
      #expect(!text.contains("more text"))
      lock.release()
    }
  }

  @Test func aFolderMovedAwayIsNoticed() throws {
    try withTemporaryFolder { folder in
      let run = folder + "/run"
      let lock = try RunLock(directory: run)
      try lock.check()
      try FileManager.default.moveItem(atPath: run, toPath: folder + "/moved")
      let error = #expect(throws: InputError.self) { try lock.check() }
      #expect(
        error?.description.hasPrefix("\(run): expected the folder that this run began in") == true)
      // Another run in a folder made anew keeps its lock when the first one ends.
      let other = try RunLock(directory: run)
      #expect(throws: InputError.self) { try lock.check() }
      lock.release()
      try other.check()
    }
  }

  @Test func endsWithItsOwner() throws {
    try withTemporaryFolder { folder in
      do { _ = try RunLock(directory: folder) }
      _ = try RunLock(directory: folder)
    }
  }
}
