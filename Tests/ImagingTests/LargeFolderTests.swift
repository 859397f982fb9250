import Foundation
import FuzzSupport
import Imaging
import TemporaryFolders
import Testing

/// Folders with as many files as sets of samples have, and twenty times as many where
/// `SLOW_TESTS` or `FUZZ_MUTATIONS` is set.
@Suite struct LargeFolderTests {
  /// Time and memory of a listing in a process of its own.
  private static func list(_ count: Int, flat: Bool) throws -> (seconds: Double, bytes: Int) {
    try withTemporaryFolder { root in
      for folder in flat ? [root] : [root + "/a", root + "/b"] {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
      }
      for index in 0..<count {
        let path =
          flat ? "\(root)/\(index).png" : "\(root)/\(index % 2 == 0 ? "a" : "b")/\(index).jpg"
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        guard file >= 0 else { throw DamagedFiles.Contradiction("\(path) cannot be made") }
        close(file)
      }
      let memory = PeakMemory()
      var found = 0
      let time = try ContinuousClock().measure {
        let folder = try ImageFolder(scanning: root, allowingFlat: flat)
        found = folder.images.count
        // The images of a class are in order.
        let names = folder.images.prefix(1000).map(\.relativePath)
        if names != names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { found = 0 }
      }
      guard found == count else { throw DamagedFiles.Contradiction("\(found) of \(count)") }
      return (time / .seconds(1), memory.growth)
    }
  }

  @Test(arguments: [true, false])
  func twentyThousandFilesAreListedAtOnce(flat: Bool) throws {
    let listed = try Self.list(20_000, flat: flat)
    #expect(listed.seconds < 5)
  }

  /// A million: seconds, and less than 400 bytes for each.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["SLOW_TESTS"] != nil
        || DamagedFiles.mutations != nil))
  func aMillionFilesAreListedInSeconds() async {
    await #expect(processExitsWith: .success) {
      for flat in [true, false] {
        let listed = try LargeFolderTests.list(1_000_000, flat: flat)
        print(
          "10^6 files, \(flat ? "flat" : "in classes"): \(listed.seconds) s, "
            + "\(listed.bytes >> 20) MiB")
        guard listed.seconds < 60, listed.bytes < 400_000_000 else { exit(1) }
      }
    }
  }
}
