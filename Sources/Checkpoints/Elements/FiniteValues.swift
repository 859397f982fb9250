extension UnsafeBufferPointer<Float> {
  /// The place of the first NaN or infinity; nil where all are numbers.
  public var firstNonFinite: Int? {
    // x·0 is 0 for finite x and NaN for all others: a sum without branches, block by block.
    let block = 4096
    for start in stride(from: 0, to: count, by: block) {
      let end = Swift.min(start + block, count)
      var sum = SIMD8<Float>()
      var i = start
      while i + 8 <= end {
        sum +=
          SIMD8(
            self[i], self[i + 1], self[i + 2], self[i + 3], self[i + 4], self[i + 5], self[i + 6],
            self[i + 7]) * 0
        i += 8
      }
      guard sum.sum() == 0, self[i..<end].allSatisfy(\.isFinite) else {
        return self[start..<end].firstIndex { !$0.isFinite }
      }
    }
    return nil
  }
}
