import Imaging

/// A picture of what a task was given above what it made: a row of images, their results below,
/// and so on. Its sides are bounded however many there are.
struct TaskPicture: Sendable {
  static let columns = 8
  /// Of either side, in pixels; one image is shown at any size.
  static let maximumSide = 4096
  private static let gap = 2

  let count: Int
  let side: Int
  /// What stands above the result of sample i, from top to bottom.
  let above: @Sendable (_ index: Int) throws -> [RGBImage]

  func join(_ image: (Int) throws -> RGBImage) throws -> RGBImage {
    let columns = max(1, min(Self.columns, count, Self.maximumSide / (side + Self.gap)))
    var rows: [[RGBImage]] = []
    for start in stride(from: 0, to: count, by: columns) {
      let indices = start..<min(start + columns, count)
      let stacks = try indices.map { try above($0) + [image($0)] }
      let height = stacks.map(\.count).max() ?? 0
      if !rows.isEmpty, (rows.count + height) * (side + Self.gap) > Self.maximumSide { break }
      for level in 0..<height {
        var row = stacks.map { $0[min(level, $0.count - 1)] }
        // The last row of all may be short.
        while row.count < columns { row.append(Self.blank(side)) }
        rows.append(row)
      }
    }
    return try ImageGrid.join(rows.flatMap { $0 }, columns: columns, gap: Self.gap)
  }

  private static func blank(_ side: Int) -> RGBImage {
    RGBImage(width: side, height: side, pixels: Array(repeating: 255, count: 3 * side * side))
  }
}
