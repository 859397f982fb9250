import Checkpoints
import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

/// Files that NumPy wrote, and headers that it would not write.
@Suite struct NumPyFileTests {
  struct Expected: Decodable {
    let dtype: String
    let shape: [Int]
    let sha256: String
  }

  /// `formats/numpy.json`: what NumPy reads from the fixtures of its kind.
  @Test func readsFixtures() throws {
    let expected = try JSONDecoder().decode(
      [String: [String: Expected]].self,
      from: Data(contentsOf: URL(fileURLWithPath: fixture("formats/numpy.json"))))
    #expect(expected.count == 6)
    for (name, arrays) in expected {
      let file = try TensorFiles.open(fixture("formats/good/" + name))
      #expect(file.format == .npz && file.names == arrays.keys.sorted())
      for (key, array) in arrays {
        let info = try file.info(key)
        #expect(info.shape == array.shape && "\(info.type)" == array.dtype, "\(name) \(key)")
        let bytes = try file.bytes(key)
        #expect(FileHash.sha256(bytes) == array.sha256, "\(name) \(key)")
        guard let range = file.plainRange(of: key) else { continue }
        #expect(try ReadOnlyFile(file.path).bytes(range) == bytes)
      }
    }
  }

  @Test func plainRangesAreThoseThatNeedNoConversion() throws {
    let layouts = try NPZFile(path: fixture("formats/good/layouts.npz"))
    let plain = layouts.names.filter { layouts.plainRange(of: $0) != nil }
    #expect(plain == ["boolean", "empty", "half", "int64", "scalar"])
    let deflated = try NPZFile(path: fixture("formats/good/stats_deflated.npz"))
    #expect(deflated.names.allSatisfy { deflated.plainRange(of: $0) == nil })
  }

  @Test func readsBareFiles() throws {
    let fortran = try TensorFiles.open(fixture("numpy/fortran3.npy"))
    #expect(fortran.format == .npy && fortran.names == ["array"])
    #expect(try fortran.info("array").shape == [2, 3, 4])
    #expect(try fortran.integers("array") == Array(0..<24))
    let swapped = try NPYFile(path: fixture("numpy/big_endian.npy"))
    #expect(try swapped.doubles("array") == (0..<24).map { Double($0) / 8 })
    #expect(swapped.tensor(named: "arr_0") == nil && swapped.plainRange(of: "x") == nil)
    #expect(throws: InputError.self) { try swapped.bytes("arr_0") }
  }

  /// Every array of the fixtures, some bytes at a time and from the middle.
  @Test func readersGiveWhatIsReadAtOnce() throws {
    for name in ["formats/good/layouts.npz", "formats/good/stats_deflated.npz"] {
      let file = try NPZFile(path: fixture(name))
      for key in file.names {
        let (info, whole) = (try file.info(key), try file.bytes(key))
        guard let reader = try? file.reader(of: key) else {
          #expect(file.plainRange(of: key) == nil && info.shape.count > 1, "\(name) \(key)")
          continue
        }
        let half = info.count / 2 * info.type.size
        try reader.skip(half)
        var rest = [UInt8](repeating: 0, count: whole.count - half)
        try rest.withUnsafeMutableBytes { buffer in
          for start in stride(from: 0, to: buffer.count, by: 3 * info.type.size) {
            let end = min(start + 3 * info.type.size, buffer.count)
            try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end]))
          }
        }
        #expect(rest == Array(whole[half...]), "\(name) \(key)")
        #expect(reader.left == 0)
        #expect(throws: InputError.self) { try reader.skip(info.type.size) }
      }
    }
    let fortran = try NPZFile(path: fixture("numpy/deflated.npz"))
    let error = #expect(throws: InputError.self) { try fortran.reader(of: "fortran") }
    #expect(error?.description.contains("ascontiguousarray") == true)
    #expect(throws: InputError.self) { try fortran.reader(of: "nothing") }
  }

  @Test func readsDeflatedLayouts() throws {
    let file = try NPZFile(path: fixture("numpy/deflated.npz"))
    #expect(try file.integers("fortran") == Array(0..<24))
    #expect(try file.floats("plain") == (0..<24).map { Float($0) })
    #expect(try file.bytes("zeros") == [UInt8](repeating: 0, count: 300_000))
  }

  @Test(arguments: [
    "npz_header_code", "npz_header_length", "npz_header_length_v2", "npz_header_nesting",
    "npz_magic", "npz_missing_key", "npz_object_dtype", "npz_object_hostile", "npz_shape_huge",
    "npz_shape_negative", "npz_shape_overflow", "npz_truncated_data", "npz_version_9",
  ])
  func refusesHostileFile(_ name: String) {
    refuses(fixture("formats/hostile/\(name).npz"), naming: name)
  }

  @Test func refusesWhatIsNoArrayOfNumbers() throws {
    refuses(fixture("formats/bounded/npz_structured.npz"), naming: "arrays with fields")
    refuses(fixture("formats/hostile/npz_object_dtype.npz"), naming: "Python objects")
    refuses(fixture("formats/hostile/empty.pt"), naming: "an empty file")
    refuses(fixture("formats/hostile/random.pt"), naming: "safetensors, ")
    refuses(fixture("formats/hostile/zip_not_torch.pt"), naming: "a zip archive of other things")
  }

  func refuses(
    _ path: String, naming text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: InputError.self, sourceLocation: sourceLocation) {
      try TensorFiles.open(path)
    }
    #expect(
      error?.description.contains(text) == true, "\(error as Any)", sourceLocation: sourceLocation)
  }

  /// Reads an NPY file with `header` as its dictionary and `data` behind it.
  func read(_ header: String, _ data: [UInt8], version: UInt8 = 1) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      let text = Array(header.utf8)
      let length = version == 1 ? little(UInt16(text.count)) : little(UInt32(text.count))
      let bytes = [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
      try AtomicFile.write(bytes, to: folder + "/a.npy", durable: false)
      return try NPYFile(path: folder + "/a.npy").bytes("array")
    }
  }

  @Test(arguments: [
    #"{"descr":"|u1","fortran_order":False,"shape":(2,1)}"#,
    "  {  'shape' : ( 2L , ) ,\t'descr':'|u1' , 'fortran_order' : True }  \n\n",
    "{'descr': '<i2', 'fortran_order': True, 'shape': (), }",
    "{'descr': '|i1', 'fortran_order': True, 'shape': (1, 2, 1,)}",
  ])
  func readsUnusualHeader(_ header: String) throws {
    for version in 1...3 as ClosedRange<UInt8> {
      #expect(try read(header, [7, 8], version: version) == [7, 8])
    }
  }

  @Test(arguments: [
    "", "{}", "{", "}", "[]", "{'descr'}", "{'descr': '|u1',", "{'descr': '|u1', , }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), } x",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }{}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': 2}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': [2]}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2 1)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2.0,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (0x2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (+2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, -2)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775808,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (4611686018427387904, 4, 2)}",
    "{'descr': '|u1', 'fortran_order': True, 'shape': (4611686018427387904, 4, 0)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (" + String(repeating: "1, ", count: 65)
      + "2)}",
    "{'descr': '|u\\x31', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': u'|u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1, 'fortran_order': False, 'shape': (2,)}",
    "{'descr': 'u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '=u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|i2', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<c2', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<V2', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '|S2', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f16', 'fortran_order': False, 'shape': (0,)}",
    "{'descr': '', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '(2,)|u1', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': \u{22}|u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (２,)}",
    String(repeating: "{", count: 10_000), String(repeating: "(", count: 60_000),
    "{'shape': " + String(repeating: "(", count: 60_000),
  ])
  func refusesHeader(_ header: String) {
    let error = #expect(throws: InputError.self) { try read(header, [7, 8]) }
    #expect(error.map { $0.description.utf8.count < 400 } == true)
  }

  @Test func refusesShortAndLongFiles() throws {
    let good = try ReadOnlyFile(fixture("numpy/fortran3.npy"))
    let bytes = try good.bytes(0..<good.size)
    try withTemporaryFolder { folder in
      for wrong in [bytes + [0], Array(bytes.dropLast())]
        + (0..<12).map({ Array(bytes.prefix($0)) })
      {
        try AtomicFile.write(wrong, to: folder + "/a.npy", durable: false)
        #expect(throws: InputError.self) { try NPYFile(path: folder + "/a.npy") }
      }
    }
  }

  /// Every order of reading against a walk over all indices, with slabs of each size.
  @Test func reordersAnyShape() throws {
    for shape in [[2, 3], [1, 5, 1, 4], [4, 1, 3], [3, 2, 2, 5], [7, 1], [2, 3, 0]] {
      let count = shape.reduce(1, *)
      let header =
        "{'descr': '<u2', 'fortran_order': True, 'shape': (\(shape.map(String.init).joined(separator: ","))), }"
      // The value at an index is its place in row-major order.
      var data = [UInt16](repeating: 0, count: count)
      for place in 0..<count {
        var (rest, stored, index) = (place, 0, [Int]())
        for dimension in shape.reversed() {
          index.insert(rest % dimension, at: 0)
          rest /= dimension
        }
        for k in shape.indices.reversed() { stored = stored * shape[k] + index[k] }
        data[stored] = UInt16(place)
      }
      let bytes = try read(header, data.flatMap { little($0) })
      #expect(bytes == (0..<count).flatMap { little(UInt16($0)) }, "\(shape)")
    }
  }

  /// Above one slab of 8 MiB: rows in several slabs, and one row that is larger than a slab.
  /// All elements are zeros but some, which hold their place in row-major order.
  @Test(arguments: [[1100, 1000], [2, 1_100_000]])
  func reordersInSlabs(shape: [Int]) throws {
    let (rows, columns) = (shape[0], shape[1])
    let text = "{'descr': '<u8', 'fortran_order': True, 'shape': (\(rows), \(columns)), }"
    let header =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
    var marks = [
      (0, 1), (0, columns - 1), (1, 0), (1, 777), (rows - 1, 5), (rows - 1, columns - 1),
    ]
    if rows > 2 { marks += (1040..<1056).map { ($0, $0 - 100) } }
    let places = marks.map { $0.0 * columns + $0.1 }
    try withTemporaryFolder { folder in
      let file = try OutputFile(folder + "/a.npy")
      try file.write(header)
      try file.write([0], at: header.count + rows * columns * 8 - 1)
      for (mark, place) in zip(marks, places) {
        try file.write(
          little(UInt64(place)), at: header.count + (mark.0 + mark.1 * rows) * 8)
      }
      var found: [Int] = []
      var start = 0
      try NPYFile(path: folder + "/a.npy").forEachChunk(of: "array") { chunk in
        #expect(chunk.count <= 1 << 20)
        let values = chunk.bindMemory(to: Int.self)
        var rest = values[...]
        while let i = rest.firstIndex(where: { $0 != 0 }) {
          #expect(values[i] == start + i)
          found.append(values[i])
          rest = values[(i + 1)...]
        }
        start += values.count
      }
      #expect(start == rows * columns && found == places.sorted())
    }
  }
}
