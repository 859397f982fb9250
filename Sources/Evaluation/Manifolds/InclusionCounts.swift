/// Which rows and columns of two sets' distances lie in one another's balls.
struct InclusionCounts: Sendable {
  private let rows: Range<Int>
  private let columns: Range<Int>
  /// Balls of rows that each column lies in.
  private var balls: [Int32]
  /// 1 where a row lies in a ball of a column.
  private var inside: [Int32]
  /// 1 where a row's ball holds a column.
  private var covered: [Int32]

  /// Of no distances yet.
  init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
    balls = [Int32](repeating: 0, count: columns.count)
    inside = [Int32](repeating: 0, count: rows.count)
    covered = inside
  }

  /// - Parameters:
  ///   - rowLimits: the largest squared distance that the ball of each row holds, of all rows.
  ///   - columnLimits: the same of all columns.
  init(_ tile: DistanceTile, rowLimits: [Float], columnLimits: [Float]) {
    self.init(rows: tile.rows, columns: tile.columns)
    columnLimits[columns].withUnsafeBufferPointer { columnLimits in
      balls.withUnsafeMutableBufferPointer { balls in
        for row in rows {
          let place = row - rows.lowerBound
          (inside[place], covered[place]) = Self.count(
            tile[place], rowLimit: rowLimits[row], columnLimits: columnLimits, balls: balls)
        }
      }
    }
  }

  mutating func merge(_ part: InclusionCounts) {
    for row in part.rows {
      inside[row - rows.lowerBound] |= part.inside[row - part.rows.lowerBound]
      covered[row - rows.lowerBound] |= part.covered[row - part.rows.lowerBound]
    }
    for column in part.columns {
      balls[column - columns.lowerBound] += part.balls[column - part.columns.lowerBound]
    }
  }

  /// Of each column the balls that it lies in; of each row whether it lies in a ball of a column,
  /// and whether its ball holds one.
  var flags: (balls: [Int32], inside: [Int32], covered: [Int32]) { (balls, inside, covered) }

  /// Shares of rows inside a column's ball, of rows whose ball holds a column, of columns
  /// inside a row's ball; and the mean number of such balls.
  var rowsInside: Double { Self.share(inside) }
  var rowsCovered: Double { Self.share(covered) }
  var columnsInside: Double { Self.share(balls) }
  var ballsOfColumns: Double { Double(balls.reduce(0) { $0 + Int($1) }) / Double(balls.count) }

  private static func share(_ counts: [Int32]) -> Double {
    Double(counts.count { $0 > 0 }) / Double(counts.count)
  }

  private static func count(
    _ distances: UnsafeBufferPointer<Float>, rowLimit: Float,
    columnLimits: UnsafeBufferPointer<Float>, balls: UnsafeMutableBufferPointer<Int32>
  ) -> (inside: Int32, covered: Int32) {
    guard let distances = distances.baseAddress, let limits = columnLimits.baseAddress,
      let balls = balls.baseAddress
    else { return (0, 0) }
    var (inside, covered): (Int32, Int32) = (0, 0)
    for j in 0..<columnLimits.count {
      let isCovered: Int32 = distances[j] <= rowLimit ? 1 : 0
      balls[j] &+= isCovered
      covered |= isCovered
      inside |= distances[j] <= limits[j] ? 1 : 0
    }
    return (inside, covered)
  }
}
