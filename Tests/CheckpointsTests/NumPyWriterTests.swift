import Checkpoints
import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

@Suite struct NumPyWriterTests {
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

  /// `numpy/types.npz` and `statistics.npz` are what `numpy.savez` makes of the same values.
  @Test func membersAreThoseOfNumPy() throws {
    try withTemporaryFolder { folder in
      try NPZWriter.write(
        [
          TensorRecord("f8", shape: [2, 2], doubles: [1.5, -2, 0, 3e300]),
          TensorRecord("f4", shape: [2], floats: [1.5, -2]),
          TensorRecord("u1", shape: [], type: .uint8, bytes: [7]),
          TensorRecord("i8", shape: [0], integers: []),
          TensorRecord("b1", shape: [2], type: .bool, bytes: [1, 0]),
        ], to: folder + "/types.npz")
      let mu = (0..<5).map { Double($0) / 8 }
      let sigma = (0..<25).map { (place: Int) -> Double in
        let (i, j) = (place / 5, place % 5)
        return mu[i] * mu[j] + (i == j ? 1 : 0)
      }
      try NPZWriter.write(
        [
          TensorRecord("mu", shape: [5], doubles: mu),
          TensorRecord("sigma", shape: [5, 5], type: .float64) { put in
            for row in 0..<5 { try sigma[row * 5..<row * 5 + 5].withUnsafeBytes(put) }
          },
        ], to: folder + "/statistics.npz")
      for name in ["types.npz", "statistics.npz"] {
        let ours = try members(folder + "/" + name)
        let theirs = try members(fixture("numpy/" + name))
        #expect(ours.map(\.name) == theirs.map(\.name))
        #expect(ours.map(\.bytes) == theirs.map(\.bytes))
      }
      let read = try TensorFiles.open(folder + "/statistics.npz")
      #expect(try read.doubles("sigma") == sigma)
    }
  }

  func members(_ path: String) throws -> [(name: String, bytes: [UInt8])] {
    let archive = try ZipArchive(ReadOnlyFile(path))
    return try archive.members.map { ($0.name, try archive.bytes($0, atMost: 1 << 20)) }
  }

  @Test func writesBareFiles() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npy"
      try NPYWriter.write(
        TensorRecord("x", shape: [2, 3], integers: [1, 2, 3, -4, 5, 6]), to: path)
      let file = try TensorFiles.open(path)
      #expect(file.format == .npy && file.names == ["array"])
      #expect(try file.integers("array") == [1, 2, 3, -4, 5, 6])
      #expect(try file.info("array").shape == [2, 3])
      let start = try ReadOnlyFile(path).bytes(0..<128)
      // What numpy.save writes, up to the padding.
      #expect(start.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0]))
      #expect(
        String(decoding: start[10...], as: UTF8.self).hasPrefix(
          "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }  "))
    }
  }

  @Test func roundsTripEveryType() throws {
    try withTemporaryFolder { folder in
      let types = TensorType.allCases.filter {
        ![.bfloat16, .float8E4M3, .float8E5M2].contains($0)
      }
      #expect(types.count == 12)
      let bytes = (0..<48).map { UInt8($0 & 1) }
      let records = types.map {
        TensorRecord("\($0)/é", shape: [48 / $0.size], type: $0, bytes: bytes)
      }
      try NPZWriter.write(records, to: folder + "/a.npz")
      let file = try NPZFile(path: folder + "/a.npz")
      #expect(file.names == types.map { "\($0)/é" }.sorted())
      for type in types {
        #expect(try file.info("\(type)/é").type == type)
        #expect(try file.bytes("\(type)/é") == bytes)
      }
    }
  }

  @Test func refusesWhatNumPyCannotHold() throws {
    let good = TensorRecord("a", shape: [1], floats: [1])
    try withTemporaryFolder { folder in
      for wrong in [
        good,
        TensorRecord("../b", shape: [1], floats: [1]),
        TensorRecord("b", shape: [2], floats: [1]),
        TensorRecord("b", shape: [-1], floats: [1]),
        TensorRecord("b", shape: [1], floats: [1], as: .bfloat16),
        TensorRecord("b", shape: [Int](repeating: 1, count: 65), floats: [1]),
        TensorRecord("b", shape: [2], type: .uint8) { try [0, 1, 2].withUnsafeBytes($0) },
      ] {
        #expect(throws: InputError.self) {
          try NPZWriter.write([good, wrong], to: folder + "/a.npz")
        }
        guard wrong.name == "b" else { continue }
        #expect(throws: InputError.self) { try NPYWriter.write(wrong, to: folder + "/a.npy") }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  /// More members than the short end record can count.
  @Test func countsInZip64() throws {
    try withTemporaryFolder { folder in
      let records = (0..<65_535).map { TensorRecord(String($0), shape: [0], floats: []) }
      try NPZWriter.write(records, to: folder + "/a.npz")
      let archive = try ZipArchive(ReadOnlyFile(folder + "/a.npz"))
      #expect(archive.members.count == 65_535)
      #expect(archive.members.last?.name == "65534.npy")
    }
  }
}
