import Checkpoints
import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

@Suite struct SafetensorsWriterTests {
  @Test func writesExactBytes() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try SafetensorsWriter.write(
        [
          TensorRecord("b", shape: [1], type: .uint8, bytes: [9]),
          TensorRecord("w", shape: [2], floats: [1, -2]),
          TensorRecord("\"é", shape: [], integers: [-1]),
        ], metadata: ["z": "1", "a": "x\ny"], to: path)
      let bytes = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
      let header =
        #"{"__metadata__":{"a":"x\ny","z":"1"},"\"é":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"#
        + #""w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"#
        + #""b":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}}"#
      let padded = header.utf8.count + (8 - header.utf8.count % 8) % 8
      #expect(bytes[0] == UInt8(padded & 255) && bytes[1] == UInt8(padded >> 8))
      #expect(
        String(decoding: bytes[8..<8 + padded], as: UTF8.self)
          == header + String(repeating: " ", count: padded - header.utf8.count))
      #expect(
        Array(bytes[(8 + padded)...]) == [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0x80, 0x3F]
          + [0, 0, 0, 0xC0, 9])
      let file = try SafetensorsFile(path: path)
      #expect(file.metadata == ["z": "1", "a": "x\ny"])
      #expect(try file.integers("\"é") == [-1])
      #expect(try file.floats("w") == [1, -2])
    }
  }

  @Test func streamedValuesAreThoseOfAnArray() throws {
    try withTemporaryFolder { folder in
      func stream(_ pieces: [[Float]]) -> TensorRecord {
        TensorRecord("w", shape: [2, 2]) { put in for piece in pieces { try put(piece) } }
      }
      let (whole, pieces) = (folder + "/whole", folder + "/pieces")
      try SafetensorsWriter.write(
        [TensorRecord("w", shape: [2, 2], floats: [1, 2, 3, 4])], to: whole)
      try SafetensorsWriter.write([stream([[1], [], [2, 3, 4]])], to: pieces)
      #expect(try FileHash.sha256(ofFile: pieces) == FileHash.sha256(ofFile: whole))
      for wrong in [[[1, 2, 3]], [[1, 2], [3, 4, 5]]] as [[[Float]]] {
        let error = #expect(throws: InputError.self) {
          try SafetensorsWriter.write([stream(wrong)], to: folder + "/wrong")
        }
        #expect(error?.description.contains("values that fill the shape [2, 2]") == true)
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/wrong"))
    }
  }

  @Test func orderOfTensorsDoesNotMatter() throws {
    try withTemporaryFolder { folder in
      let tensors = ["b", "a", "c"].map { TensorRecord($0, shape: [1], floats: [1]) }
      try SafetensorsWriter.write(tensors, to: folder + "/1")
      try SafetensorsWriter.write(tensors.reversed(), to: folder + "/2")
      #expect(
        try FileHash.sha256(ofFile: folder + "/1") == FileHash.sha256(ofFile: folder + "/2"))
    }
  }

  @Test func refusesWrongTensors() throws {
    try withTemporaryFolder { folder in
      let good = TensorRecord("a", shape: [2], floats: [1, 2])
      for wrong in [
        good, TensorRecord("b", shape: [3], floats: [1, 2]),
        TensorRecord("b", shape: [-1, -2], floats: [1, 2]),
        TensorRecord("__metadata__", shape: [], floats: [1]),
        TensorRecord("b", shape: [1 << 62, 8, 1], floats: []),
      ] {
        #expect(throws: InputError.self) {
          try SafetensorsWriter.write([good, wrong], to: folder + "/x")
        }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  /// All finite halves and the middles between neighbours, against the processor's rounding.
  @Test func roundsToNearestEven() throws {
    try withTemporaryFolder { folder in
      var values: [Float] = [65519.996, 65520, 1e9, -.infinity, 0x1p-25, 0x1.00001p-25, -0.0]
      for pattern in UInt16(0)..<0x7C00 {
        let value = Float(Float16(bitPattern: pattern))
        values += [value, -value, value.nextUp, value.nextDown]
        values.append((value + Float(Float16(bitPattern: pattern).nextUp)) / 2)
      }
      try SafetensorsWriter.write(
        [
          TensorRecord("h", shape: [values.count], floats: values, as: .float16),
          TensorRecord("b", shape: [values.count], floats: values, as: .bfloat16),
          TensorRecord("nan", shape: [1], floats: [.nan], as: .float16),
          TensorRecord("bnan", shape: [1], floats: [Float(bitPattern: 0x7F80_0001)], as: .bfloat16),
        ], to: folder + "/x")
      let file = try SafetensorsFile(path: folder + "/x")
      let halves = values.map { Float(Float16($0)) }
      #expect(try file.floats("h") == halves)
      let expected = values.map { value in
        // The larger neighbour in bfloat16 is at most 2^16 patterns away.
        let low = Float(bitPattern: value.bitPattern & 0xFFFF_0000)
        let high = Float(bitPattern: low.bitPattern &+ 0x1_0000)
        guard value.isFinite else { return value }
        let (down, up) = (abs(Double(value) - Double(low)), abs(Double(high) - Double(value)))
        let lowIsEven = low.bitPattern & 0x1_0000 == 0
        return down < up || (down == up && lowIsEven) ? low : high
      }
      #expect(try file.floats("b") == expected)
      #expect(try file.floats("nan")[0].isNaN && file.floats("bnan")[0].isNaN)
    }
  }

  @Test func readsEveryHalf() throws {
    try withTemporaryFolder { folder in
      let bytes = (0..<UInt16.max).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      try SafetensorsWriter.write(
        [TensorRecord("h", shape: [65535], type: .float16, bytes: bytes)], to: folder + "/x")
      let values = try SafetensorsFile(path: folder + "/x").floats("h")
      for (pattern, value) in values.enumerated() {
        let expected = Float(Float16(bitPattern: UInt16(pattern)))
        guard value.bitPattern != expected.bitPattern else { continue }
        #expect(value.isNaN && expected.isNaN, "pattern \(pattern)")
      }
    }
  }

  @Test func writesFromMemory() throws {
    try withTemporaryFolder { folder in
      let values = (0..<600_000).map { Float($0) }
      try values.withUnsafeBufferPointer {
        try SafetensorsWriter.write(
          [TensorRecord("a", shape: [600, 1000], buffer: $0)], to: folder + "/x")
      }
      let file = try SafetensorsFile(path: folder + "/x")
      #expect(try file.floats("a") == values)
      var few = [Float](repeating: 0, count: 3)
      #expect(throws: InputError.self) {
        try few.withUnsafeMutableBufferPointer { try file.read("a", into: $0) }
      }
    }
  }
}
