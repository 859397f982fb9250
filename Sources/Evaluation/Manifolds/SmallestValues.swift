/// The smallest few of the numbers ≥ 0 that each of a range of rows has met. They do not
/// depend on the order in which numbers come.
struct SmallestValues: Sendable {
  private let rows: Range<Int>
  private let kept: Int
  /// Ascending, `kept` for each row; infinite where fewer have come.
  private var values: [Float]
  /// Numbers from here on do not matter to the row.
  private var limits: [Float]

  init(rows: Range<Int>, kept: Int) {
    self.rows = rows
    self.kept = kept
    values = [Float](repeating: .infinity, count: rows.count * kept)
    limits = [Float](repeating: .infinity, count: rows.count)
  }

  /// One for some of the rows, without numbers but with the limits of this.
  func empty(_ range: Range<Int>) -> SmallestValues {
    var part = SmallestValues(rows: range, kept: kept)
    part.limits = Array(
      limits[range.lowerBound - rows.lowerBound..<range.upperBound - rows.lowerBound])
    return part
  }

  /// The numbers of rank `index`, counted from 0.
  func values(at index: Int) -> [Float] {
    rows.indices.map { values[($0 - rows.lowerBound) * kept + index] }
  }

  /// Takes in all of `numbers` for one row.
  mutating func insert(_ numbers: UnsafeBufferPointer<Float>, row: Int) {
    typealias Lanes = SIMD16<Float>
    let place = row - rows.lowerBound
    var index = 0
    if let base = numbers.baseAddress {
      while index + Lanes.scalarCount <= numbers.count {
        let lanes = UnsafeRawPointer(base + index).loadUnaligned(as: Lanes.self)
        if any(lanes .< limits[place]) {
          for i in index..<index + Lanes.scalarCount { insert(numbers[i], at: place) }
        }
        index += Lanes.scalarCount
      }
    }
    for i in index..<numbers.count { insert(numbers[i], at: place) }
  }

  /// Takes in one of `numbers` for each of the rows.
  mutating func insert(_ numbers: UnsafeBufferPointer<Float>, eachOf range: Range<Int>) {
    typealias Lanes = SIMD16<Float>
    precondition(range == rows && numbers.count == rows.count, "one for each row")
    var index = 0
    while index + Lanes.scalarCount <= numbers.count {
      let isBelow = numbers.withMemoryRebound(to: Float.self) { numbers in
        limits.withUnsafeBytes { limits in
          UnsafeRawBufferPointer(numbers).loadUnaligned(fromByteOffset: 4 * index, as: Lanes.self)
            .< limits.loadUnaligned(fromByteOffset: 4 * index, as: Lanes.self)
        }
      }
      if any(isBelow) {
        for i in index..<index + Lanes.scalarCount { insert(numbers[i], at: i) }
      }
      index += Lanes.scalarCount
    }
    for i in index..<numbers.count { insert(numbers[i], at: i) }
  }

  /// Takes in what others have met for some of the rows.
  mutating func merge(_ part: SmallestValues) {
    for row in part.rows.indices {
      let first = (row - part.rows.lowerBound) * kept
      for value in part.values[first..<first + kept] where value < .infinity {
        insert(value, at: row - rows.lowerBound)
      }
    }
  }

  private mutating func insert(_ value: Float, at place: Int) {
    guard value < limits[place] else { return }
    let first = place * kept
    var index = first + kept - 1
    while index > first, values[index - 1] > value {
      values[index] = values[index - 1]
      index -= 1
    }
    values[index] = value
    limits[place] = min(limits[place], values[first + kept - 1])
  }
}
