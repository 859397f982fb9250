import Files
import TemporaryFolders
import Testing

@testable import Checkpoints

@Suite struct StridedLayoutTests {
  /// Element `i` of the file holds `i`; what a view passes on, and how it is cut.
  func read<Element: FixedWidthInteger & BitwiseCopyable>(
    _ type: Element.Type, elements: Int, offset: Int, _ shape: [Int], _ strides: [Int],
    isBigEndian: Bool = false, block: Int = 16 << 20, window: Int = 1 << 20
  ) throws -> [Element] {
    try withTemporaryFolder { folder in
      let stored = (0..<elements).map { index in
        let element = Element(truncatingIfNeeded: index)
        return isBigEndian ? element.bigEndian : element.littleEndian
      }
      try stored.withUnsafeBytes { bytes in
        // Three bytes before them, so that nothing is aligned.
        try AtomicFile.write([1, 2, 3] + bytes, to: folder + "/file", durable: false)
      }
      let size = MemoryLayout<Element>.size
      let layout = StridedLayout(
        start: 3 + offset * size, elementSize: size, shape: shape, strides: strides,
        isBigEndian: isBigEndian)
      var found: [Element] = []
      try layout.forEachChunk(
        in: ReadOnlyFile(folder + "/file"), block: block, window: window
      ) { bytes in
        #expect(!bytes.isEmpty && bytes.count <= 1 << 20 && bytes.count % size == 0)
        for place in stride(from: 0, to: bytes.count, by: size) {
          found.append(
            Element(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Element.self)))
        }
      }
      return found
    }
  }

  /// The same by index arithmetic.
  func expected<Element: FixedWidthInteger>(
    _ type: Element.Type, offset: Int, _ shape: [Int], _ strides: [Int]
  ) -> [Element] {
    var offsets = [offset]
    for (size, stride) in zip(shape, strides) {
      offsets = offsets.flatMap { base in (0..<size).map { base + $0 * stride } }
    }
    return offsets.map { Element(truncatingIfNeeded: $0) }
  }

  static let views: [(offset: Int, shape: [Int], strides: [Int])] = [
    (0, [], []), (5, [1], [7]), (5, [1, 1], [1 << 40, 0]), (0, [24], [1]), (3, [4], [5]),
    (0, [0], [1]), (9, [3, 0, 2], [2, 2, 1]), (0, [2, 3, 4], [12, 4, 1]), (0, [4, 3], [1, 4]),
    (2, [3, 2, 4], [1, 12, 3]), (0, [2, 3, 4], [12, 1, 3]), (1, [3, 4], [0, 1]),
    (1, [3, 4], [1, 0]),
    (1, [2, 2, 2], [0, 0, 0]), (0, [5, 5], [1, 1]), (0, [3, 3], [2, 3]),
    (0, [2, 1, 3], [3, 99, 1]),
    (0, [2, 3, 2], [6, 2, 1]), (0, [2, 3, 2], [8, 2, 1]), (0, [2, 2, 2, 2], [1, 2, 4, 8]),
  ]

  @Test(arguments: views.indices)
  func gathersElements(_ index: Int) throws {
    let (offset, shape, strides) = StridedLayoutTests.views[index]
    for isBigEndian in [false, true] {
      func check<Element: FixedWidthInteger & BitwiseCopyable>(_ type: Element.Type) throws {
        let found = try read(
          type, elements: 40, offset: offset, shape, strides, isBigEndian: isBigEndian)
        #expect(found == expected(type, offset: offset, shape, strides), "\(type) \(isBigEndian)")
      }
      try check(UInt8.self)
      try check(UInt16.self)
      try check(UInt32.self)
      try check(UInt64.self)
    }
  }

  @Test func knowsWhatIsContiguous() {
    func range(_ shape: [Int], _ strides: [Int]) -> Range<Int>? {
      StridedLayout(
        start: 8, elementSize: 4, shape: shape, strides: strides, isBigEndian: false
      ).contiguousRange
    }
    #expect(range([], []) == 8..<12 && range([2, 3], [3, 1]) == 8..<32)
    #expect(range([2, 1, 3], [3, 77, 1]) == 8..<32 && range([0, 3], [9, 9]) == 8..<8)
    #expect(
      range([2, 3], [1, 2]) == nil && range([2, 3], [4, 1]) == nil && range([2], [0]) == nil)
  }

  /// Blocks of a few elements and windows of fewer: rows in several blocks, outer dimensions,
  /// elements near and far from each other.
  @Test(arguments: views.indices)
  func gathersInBlocks(_ index: Int) throws {
    let (offset, shape, strides) = StridedLayoutTests.views[index]
    for (block, window) in [(8, 8), (12, 9), (16, 16), (32, 8), (40, 11), (100, 50)] {
      let found = try read(
        UInt32.self, elements: 40, offset: offset, shape, strides, isBigEndian: true, block: block,
        window: window)
      #expect(found == expected(UInt32.self, offset: offset, shape, strides), "\(block) \(window)")
    }
  }

  /// A transposed matrix with rows too far apart to be read in one go.
  @Test func gathersFromAfar() throws {
    for (shape, strides) in [
      ([4, 6], [1, 2000]), ([6, 4], [2000, 7]), ([5, 2, 3], [1, 5000, 1200]),
    ] {
      let found = try read(
        UInt64.self, elements: 10_100, offset: 3, shape, strides, block: 64, window: 64)
      #expect(found == expected(UInt64.self, offset: 3, shape, strides), "\(shape) \(strides)")
    }
  }
}
