import Files

/// How a tensor's elements lie in a file: the dimensions that matter, all of them inside.
struct StridedLayout: Sendable {
  struct Dimension: Sendable {
    var size: Int
    /// In bytes.
    var stride: Int
  }

  /// Byte of the file where the first element begins.
  let start: Int
  let elementSize: Int
  /// From the outermost in; none of size 1, and none that continues the one inside it. None at
  /// all for one element.
  let dimensions: [Dimension]
  let isEmpty: Bool
  /// Whether each element's bytes are to be turned round.
  let isSwapped: Bool

  /// - Parameter strides: in elements.
  init(start: Int, elementSize: Int, shape: [Int], strides: [Int], isBigEndian: Bool) {
    self.start = start
    self.elementSize = elementSize
    isSwapped = isBigEndian && elementSize > 1
    isEmpty = shape.contains(0)
    guard !isEmpty else {
      dimensions = []
      return
    }
    var merged: [Dimension] = []  // innermost first
    for (size, stride) in zip(shape, strides).reversed() where size > 1 {
      // The whole view lies inside a storage, which lies inside the file: no overflow.
      let step = stride * elementSize
      if let inner = merged.last, step == inner.size * inner.stride {
        merged[merged.count - 1].size *= size
      } else {
        merged.append(Dimension(size: size, stride: step))
      }
    }
    dimensions = merged.reversed()
  }

  /// Where the elements lie in the file, if they lie there row-major and without gaps, be they
  /// swapped or not.
  var contiguousRange: Range<Int>? {
    if isEmpty { return start..<start }
    switch dimensions.count {
    case 0: return start..<start + elementSize
    case 1 where dimensions[0].stride == elementSize:
      return start..<start + dimensions[0].size * elementSize
    default: return nil
    }
  }
}
