import Checkpoints
import Diagnostics
import Files
import Foundation
import Testing

@Suite struct NPZWriterTests {
  @Test func writesAStoredArchive() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      let pixels = (0..<24).map { UInt8($0 * 10) }
      try NPZWriter.write(to: path, shape: [2, 2, 2, 3]) { writer in
        try writer.append(Array(pixels[..<7]))
        try writer.append(Array(pixels[7...]))
      }
      let bytes = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
      // 30 bytes of header, 9 of name, then the NPY member of 128 + 24 bytes.
      #expect(bytes.prefix(4) == [0x50, 0x4B, 3, 4])
      #expect(String(decoding: bytes[30..<39], as: UTF8.self) == "arr_0.npy")
      #expect(
        String(decoding: bytes[49..<166], as: UTF8.self)
          == "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2, 3), }"
          + String(repeating: " ", count: 52))
      #expect(Array(bytes[167..<191]) == pixels)
      // zlib's crc32 of the member.
      #expect(bytes[14..<18] == [201, 203, 78, 151])
      try NPZWriter.write(to: folder + "/b.npz", shape: [2, 2, 2, 3]) { try $0.append(pixels) }
      #expect(try FileHash.sha256(ofFile: path) == FileHash.sha256(ofFile: folder + "/b.npz"))
    }
  }

  @Test func refusesWrongCounts() throws {
    try withTemporaryFolder { folder in
      for count in [3, 5] {
        #expect(throws: InputError.self) {
          try NPZWriter.write(to: folder + "/a.npz", shape: [1, 2, 2, 1]) {
            try $0.append([UInt8](repeating: 0, count: count))
          }
        }
      }
      #expect(throws: InputError.self) {
        try NPZWriter.write(to: folder + "/a.npz", shape: [1 << 40, 1 << 40]) { _ in }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }
}
