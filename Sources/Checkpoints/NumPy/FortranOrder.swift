/// An array whose first index runs fastest, to be read in the order in which the last one
/// does, in bounded memory.
///
/// Element (i0, i1, ...) stands at place i0 + i1·d0 + i2·d0·d1 + ... The result is made in
/// slabs: all elements for some consecutive values of one index k, those before it being
/// fixed. Usually k is 0, and a slab takes a run of neighbours for each value of the indices
/// behind it; only where one value of i0 makes more than a slab does k come later, and the
/// elements are then read one by one.
struct FortranOrder {
  private let shape: [Int]
  private let elementSize: Int
  /// Places from one value of an index to the next.
  private let steps: [Int]

  /// - Parameter shape: not empty, and with elements whose bytes fit an `Int`.
  init(shape: [Int], elementSize: Int) {
    self.shape = shape
    self.elementSize = elementSize
    var step = 1
    steps = shape.map { dimension in
      defer { step *= dimension }
      return step
    }
  }

  /// - Parameters:
  ///   - limit: bytes of a slab, of which there is one at a time; at least one element's.
  ///   - read: fills a buffer with the stored bytes from an offset on.
  func forEachSlab(
    atMost limit: Int, read: (Int, UnsafeMutableRawBufferPointer) throws -> Void,
    body: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    guard !shape.contains(0) else { return }
    func columns(_ k: Int) -> Int { shape[(k + 1)...].reduce(1, *) }
    let k = shape.indices.first { columns($0) * elementSize <= limit } ?? shape.count - 1
    let columnCount = columns(k)
    let rowCount = max(1, min(shape[k], limit / (columnCount * elementSize)))
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: rowCount * (columnCount + 1) * elementSize, alignment: 64)
    defer { memory.deallocate() }
    let run = UnsafeMutableRawBufferPointer(rebasing: memory[..<(rowCount * elementSize)])
    let slab = UnsafeMutableRawBufferPointer(rebasing: memory[(rowCount * elementSize)...])

    var fixed = Odometer(shape[..<k], steps[..<k])
    repeat {
      for first in stride(from: 0, to: shape[k], by: rowCount) {
        let rows = min(rowCount, shape[k] - first)
        let part = UnsafeMutableRawBufferPointer(rebasing: run[..<(rows * elementSize)])
        var column = Odometer(shape[(k + 1)...], steps[(k + 1)...])
        var number = 0
        repeat {
          let start = fixed.place + first * steps[k] + column.place
          try fill(part, from: start, step: steps[k], read: read)
          spread(part, over: slab, from: number, step: columnCount)
          number += 1
        } while column.advance()
        try body(
          UnsafeMutableRawBufferPointer(rebasing: slab[..<(rows * columnCount * elementSize)]))
      }
    } while fixed.advance()
  }

  private func fill(
    _ run: UnsafeMutableRawBufferPointer, from start: Int, step: Int,
    read: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    guard step > 1 else { return try read(start * elementSize, run) }
    for offset in stride(from: 0, to: run.count, by: elementSize) {
      try read(
        (start + offset / elementSize * step) * elementSize,
        UnsafeMutableRawBufferPointer(rebasing: run[offset..<offset + elementSize]))
    }
  }

  /// Puts the elements of `run` into the places `first`, `first + step`, ... of `slab`.
  private func spread(
    _ run: UnsafeMutableRawBufferPointer, over slab: UnsafeMutableRawBufferPointer,
    from first: Int, step: Int
  ) {
    func spread<Element: BitwiseCopyable>(_ type: Element.Type) {
      let elements = run.assumingMemoryBound(to: type)
      let places = slab.assumingMemoryBound(to: type)
      for i in elements.indices { places[first + i * step] = elements[i] }
    }
    switch elementSize {
    case 1: spread(UInt8.self)
    case 2: spread(UInt16.self)
    case 4: spread(UInt32.self)
    default: spread(UInt64.self)
    }
  }

  /// Counts through all values of some indices, the last fastest.
  private struct Odometer {
    private let shape: [Int]
    private let steps: [Int]
    private var index: [Int]
    private(set) var place = 0

    init(_ shape: ArraySlice<Int>, _ steps: ArraySlice<Int>) {
      self.shape = Array(shape)
      self.steps = Array(steps)
      index = [Int](repeating: 0, count: shape.count)
    }

    /// False when all values have been there.
    mutating func advance() -> Bool {
      for i in index.indices.reversed() {
        index[i] += 1
        place += steps[i]
        if index[i] < shape[i] { return true }
        place -= shape[i] * steps[i]
        index[i] = 0
      }
      return false
    }
  }
}
