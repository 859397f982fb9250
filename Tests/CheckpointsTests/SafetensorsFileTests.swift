import Checkpoints
import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

@Suite struct SafetensorsFileTests {
  /// Writes a file of `header` and `data` and opens it.
  func open(_ header: String, data: [UInt8] = []) throws -> SafetensorsFile {
    try withTemporaryFolder { folder in
      let text = Array(header.utf8)
      let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
      let path = folder + "/file.safetensors"
      try AtomicFile.write(length + text + data, to: path)
      return try SafetensorsFile(path: path)
    }
  }

  @Test func readsEveryType() throws {
    let file = try SafetensorsFile(path: fixture("mixed.safetensors"))
    #expect(file.metadata == ["format": "pt", "note": "grüß"])
    #expect(file.names == file.names.sorted() && file.names.count == 13)
    #expect(try file.info("float16").shape == [2, 3, 2])
    #expect(
      try file.floats("bfloat16") == [13.375, 1.3359375, -13.0625, -22.75, -8.3125, -18.75, -8.5])
    #expect(try file.floats("float16").prefix(2) == [-33.34375, 1.298828125])
    #expect(try file.floats("scalar") == [3.25])
    #expect(try file.floats("empty") == [] && file.info("empty").shape == [0, 3])
    #expect(
      try file.floats("special").map(\.bitPattern) == [
        0x7F80_0000, 0xFF80_0000, 0x8000_0000, 1, 0x7F7F_FFFF,
      ])
    #expect(try file.doubles("float64")[0] == Double(bitPattern: 0x4068_BC95_5555_5555))
    #expect(try file.floats("float64")[0] == Float(Double(bitPattern: 0x4068_BC95_5555_5555)))
    #expect(try file.integers("int64")[0] == 1_785_026_341_368_758_272)
    #expect(try file.integers("int16") == [-16725, -13157, -17975])
    #expect(try file.integers("int8") == [-54, 104, 102, -84, 107, 42])
    #expect(try file.floats("int8") == [-54, 104, 102, -84, 107, 42])
    #expect(try file.integers("bool") == [0, 1, 0, 1, 1, 0, 0, 1, 0])
    #expect(try file.bytes("uint8").first == 0x49)
    #expect(throws: InputError.self) { try file.integers("float32") }
    #expect(throws: InputError.self) { try file.info("absent") }
  }

  @Test func acceptsNoTensors() throws {
    #expect(try SafetensorsFile(path: fixture("no_tensors.safetensors")).names.isEmpty)
  }

  @Test func refusesHostileFiles() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture("hostile")).sorted()
    #expect(names.count == 23)
    for name in names {
      let error = #expect(throws: InputError.self, "\(name)") {
        try SafetensorsFile(path: fixture("hostile/" + name))
      }
      #expect(error?.description.contains(name) == true)
    }
  }

  @Test(arguments: [
    String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000),
    #"{"a":"# + String(repeating: #"{"a":"#, count: 100_000),
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} x"#,
    #"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}"#,
    #"{"__metadata__":{},"__metadata__":{},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #" {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,99999999999999999999]}}"#,
  ])
  func refusesHeader(_ header: String) {
    #expect(throws: InputError.self) { try open(header, data: [7]) }
  }

  @Test func acceptsUnusualButLegalHeaders() throws {
    let file = try open(
      #"{ "z\n\u00e9\ud83d\ude00" : {"data_offsets":[1,1],"shape":[0],"dtype":"F64"},"#
        + #" "a":{"shape":[],"dtype":"U8","data_offsets":[0,1]} }  "#, data: [7])
    #expect(file.names == ["a", "z\né😀"])
    #expect(try file.integers("a") == [7])
  }

  @Test func convertsNarrowTypes() throws {
    // Values from the OCP 8-bit floating point specification, tables 1 and 2.
    let four = try open(
      #"{"a":{"dtype":"F8_E4M3","shape":[6],"data_offsets":[0,6]}}"#,
      data: [0x7E, 0x08, 0x07, 0x01, 0xB8, 0x7F]
    ).floats("a")
    #expect(four.dropLast() == [448, 0x1p-6, 0.875 * 0x1p-6, 0x1p-9, -1] && four[5].isNaN)
    let five = try open(
      #"{"a":{"dtype":"F8_E5M2","shape":[6],"data_offsets":[0,6]}}"#,
      data: [0x7B, 0x04, 0x03, 0x01, 0xFC, 0x7D]
    ).floats("a")
    #expect(
      five.dropLast() == [57344, 0x1p-14, 0.75 * 0x1p-14, 0x1p-16, -.infinity] && five[5].isNaN)
    let big = try open(
      #"{"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}"#,
      data: [UInt8](repeating: 0xFF, count: 8))
    #expect(throws: InputError.self) { try big.integers("a") }
    #expect(try big.doubles("a") == [0x1p64])
  }
}
