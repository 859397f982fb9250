import Diagnostics
import Files
import TemporaryFolders
import Testing

@Suite struct FileHashTests {
  /// NIST's examples for SHA-256 (FIPS 180-2, appendix B, and the empty message).
  static let vectors = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test(arguments: vectors)
  func knownAnswers(text: String, expected: String) throws {
    #expect(FileHash.sha256(text.utf8) == expected)
    try withTemporaryFolder { folder in
      try AtomicFile.write(text, to: folder + "/file")
      #expect(try FileHash.sha256(ofFile: folder + "/file") == expected)
    }
    let digest = SHA256Digest()
    digest.update(String(text.prefix(2)))
    digest.update(String(text.dropFirst(2)))
    #expect(digest.hexadecimal() == expected)
  }

  @Test func refusesFolders() throws {
    try withTemporaryFolder { folder in
      #expect(throws: InputError.self) { try FileHash.sha256(ofFile: folder) }
    }
  }
}
