import Files

extension StridedLayout {
  /// Passes the elements on in row-major order and little-endian, in pieces of whole elements and
  /// of at most 1 MiB.
  /// - Parameters:
  ///   - block: bytes of memory for elements put in order, at least 8.
  ///   - window: bytes of memory for what is read at a time, at least 8.
  func forEachChunk(
    in file: ReadOnlyFile, block: Int = 16 << 20, window: Int = 1 << 20,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard !isEmpty else { return }
    if let range = contiguousRange, !isSwapped { return try file.forEachChunk(of: range, body) }
    try StridedGather(self, file, block: block, window: window).forEachChunk(body)
  }
}

extension StridedLayout {
  /// How much to read at a time: much where elements lie close together, else as much as lies
  /// in one piece.
  fileprivate func length(ofWindow most: Int, over dimensions: [Dimension]) -> Int {
    let apart = dimensions.filter { $0.stride > 0 }.sorted { $0.stride < $1.stride }
    guard let nearest = apart.first else { return elementSize }
    let isRun = nearest.stride == elementSize
    let run = isRun ? nearest.size * elementSize : elementSize
    guard let next = isRun ? apart.dropFirst().first : nearest else { return most }
    return next.stride - run <= 4096 ? most : min(run, most)
  }
}

/// Puts the elements of a view into row-major order, a block of the output at a time. A block is
/// filled in the order in which its elements lie in the file, so that a transposed matrix, too,
/// is read in long stretches.
private final class StridedGather {
  /// Something to be counted through: by how much a step moves in the file and in the block.
  private struct Axis {
    let size: Int
    let source: Int
    let target: Int
  }

  private static let largestPiece = 1 << 20

  private let start: Int
  private let elementSize: Int
  private let isSwapped: Bool
  /// Blocks are rows of the first of these, with all that is inside of them.
  private let inner: [StridedLayout.Dimension]
  private let outer: [Axis]
  private let bytesPerRow: Int
  private let rowsPerBlock: Int
  private let block: UnsafeMutableRawBufferPointer
  private let window: FileWindow

  init(_ layout: StridedLayout, _ file: ReadOnlyFile, block largestBlock: Int, window: Int) {
    start = layout.start
    elementSize = layout.elementSize
    isSwapped = layout.isSwapped
    let dimensions =
      layout.dimensions.isEmpty
      ? [.init(size: 1, stride: layout.elementSize)] : layout.dimensions
    var split = dimensions.count - 1
    var bytesPerRow = layout.elementSize
    while split > 0, bytesPerRow * dimensions[split].size <= largestBlock {
      bytesPerRow *= dimensions[split].size
      split -= 1
    }
    inner = Array(dimensions[split...])
    outer = dimensions[..<split].map { Axis(size: $0.size, source: $0.stride, target: 0) }
    self.bytesPerRow = bytesPerRow
    rowsPerBlock = min(dimensions[split].size, largestBlock / bytesPerRow)
    block = .allocate(byteCount: rowsPerBlock * bytesPerRow, alignment: 64)
    let last = dimensions.reduce(layout.start) { $0 + ($1.size - 1) * $1.stride }
    self.window = FileWindow(
      file, end: last + layout.elementSize,
      length: layout.length(ofWindow: window, over: dimensions))
  }

  deinit { block.deallocate() }

  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try StridedGather.forEach(outer) { offset, _ in
      var row = 0
      while row < inner[0].size {
        let rows = min(rowsPerBlock, inner[0].size - row)
        try fill(rows: rows, from: start + offset + row * inner[0].stride)
        let filled = UnsafeMutableRawBufferPointer(rebasing: block[..<(rows * bytesPerRow)])
        if isSwapped { ByteOrder.swap(filled, elementSize: elementSize) }
        var done = 0
        while done < filled.count {
          let piece = filled[done..<min(done + StridedGather.largestPiece, filled.count)]
          try body(UnsafeRawBufferPointer(rebasing: piece))
          done += piece.count
        }
        row += rows
      }
    }
  }

  /// Fills the block with `rows` rows, the first of which begins at byte `source` of the file.
  private func fill(rows: Int, from source: Int) throws {
    var axes: [Axis] = []
    var target = elementSize
    for dimension in inner.dropFirst().reversed() {
      axes.append(Axis(size: dimension.size, source: dimension.stride, target: target))
      target *= dimension.size
    }
    axes.append(Axis(size: rows, source: inner[0].stride, target: target))
    axes.sort { $0.source > $1.source }
    let nearest = axes.removeLast()
    try StridedGather.forEach(axes) { offset, target in
      if nearest.source == elementSize, nearest.target == elementSize {
        let bytes = target..<target + nearest.size * elementSize
        try window.copy(
          from: source + offset, to: UnsafeMutableRawBufferPointer(rebasing: block[bytes]))
        return
      }
      switch elementSize {
      case 1: try gather(UInt8.self, nearest, source + offset, target)
      case 2: try gather(UInt16.self, nearest, source + offset, target)
      case 4: try gather(UInt32.self, nearest, source + offset, target)
      default: try gather(UInt64.self, nearest, source + offset, target)
      }
    }
  }

  private func gather<Element: BitwiseCopyable>(
    _ type: Element.Type, _ axis: Axis, _ source: Int, _ target: Int
  ) throws {
    for i in 0..<axis.size {
      let place = try window.place(of: source + i * axis.source, count: elementSize)
      let element = window.buffer.loadUnaligned(fromByteOffset: place, as: Element.self)
      block.storeBytes(of: element, toByteOffset: target + i * axis.target, as: Element.self)
    }
  }

  /// Calls `body` with the offsets of each index tuple, in row-major order; once for no axes.
  private static func forEach(_ axes: [Axis], _ body: (Int, Int) throws -> Void) throws {
    var indices = [Int](repeating: 0, count: axes.count)
    var source = 0
    var target = 0
    while true {
      try body(source, target)
      // The last index that can still grow does; those after it start again.
      var place = axes.count - 1
      while place >= 0 {
        let axis = axes[place]
        indices[place] += 1
        source += axis.source
        target += axis.target
        if indices[place] < axis.size { break }
        source -= axis.size * axis.source
        target -= axis.size * axis.target
        indices[place] = 0
        place -= 1
      }
      guard place >= 0 else { return }
    }
  }
}

/// A stretch of a file in memory, moved to where it is needed.
private final class FileWindow {
  let buffer: UnsafeMutableRawBufferPointer
  private let file: ReadOnlyFile
  /// Byte after the last that will be asked for.
  private let end: Int
  private var loaded = 0..<0

  init(_ file: ReadOnlyFile, end: Int, length: Int) {
    self.file = file
    self.end = end
    buffer = .allocate(byteCount: length, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Where in the buffer the bytes from `offset` of the file on are.
  /// - Parameter count: at most the buffer's.
  func place(of offset: Int, count: Int) throws -> Int {
    if offset < loaded.lowerBound || offset + count > loaded.upperBound {
      let next = offset..<min(offset + buffer.count, end)
      loaded = 0..<0
      try file.read(
        at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<next.count]))
      loaded = next
    }
    return offset - loaded.lowerBound
  }

  func copy(from offset: Int, to target: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < target.count {
      let place = try place(of: offset + done, count: 1)
      let count = min(target.count - done, loaded.count - place)
      target[done..<done + count].copyBytes(from: buffer[place..<place + count])
      done += count
    }
  }
}
