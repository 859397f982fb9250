import Checkpoints
import Diagnostics
import Files
import Foundation
import Testing

@Suite struct ZipArchiveTests {
  func open(_ name: String, checksums: ZipArchive.Checksums = .verified) throws -> ZipArchive {
    try ZipArchive(ReadOnlyFile(fixture("formats/" + name)), checksums: checksums)
  }

  /// Opens the archive and reads every member.
  func readAll(_ archive: ZipArchive) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for member in archive.members {
      var bytes: [UInt8] = []
      try archive.forEachChunk(of: member) { bytes.append(contentsOf: $0) }
      #expect(bytes.count == member.size)
      #expect(try archive.bytes(member, atMost: member.size) == bytes)
      if let range = archive.storedRange(of: member) {
        #expect(try ReadOnlyFile(archive.path).bytes(range) == bytes)
      }
      contents[member.name] = bytes
    }
    return contents
  }

  /// PyTorch writes sizes behind the data and pads the extra fields.
  @Test func readsPyTorchArchives() throws {
    let archive = try open("good/zip_views.pt")
    let contents = try readAll(archive)
    #expect(contents["archive/byteorder"] == Array("little".utf8))
    #expect(contents["archive/version"] == Array("3\n".utf8))
    let version = try #require(archive.member(named: "archive/version"))
    #expect(version.method == .stored && archive.storedRange(of: version)?.count == 2)
    #expect(archive.member(named: "version") == nil)
  }

  @Test func checksumsAreLookedAtOnDemand() throws {
    for name in ["good/zip_no_crc.pt", "bounded/zip_bad_crc.pt"] {
      #expect(throws: InputError.self) { try readAll(open(name)) }
      #expect(try readAll(open(name, checksums: .ignored)).count >= 4)
    }
  }

  @Test func readsDeflatedMembers() throws {
    let (deflated, stored) = try (
      readAll(open("good/stats_deflated.npz")), readAll(open("good/stats_stored.npz"))
    )
    #expect(deflated == stored && stored.count == 4)
  }

  @Test(arguments: [
    "claimed_size", "claimed_compressed", "local_offset", "local_signature", "encrypted",
    "unknown_method", "deflate_garbage", "duplicate_entry", "directory_offset", "directory_count",
    "truncated", "middle_cut", "empty", "name_length", "zip64_lie",
  ])
  func refusesHostileArchive(_ name: String) {
    let error = #expect(throws: InputError.self) {
      try readAll(open("hostile/zip_\(name).pt", checksums: .ignored))
    }
    #expect(error?.description.contains("zip_\(name).pt: ") == true, "\(error as Any)")
  }

  @Test(arguments: ["bounded/zip_local_name.pt", "bounded/zip_path_traversal.pt"])
  func refusesNames(_ name: String) {
    #expect(throws: InputError.self) { try open(name) }
  }
}
