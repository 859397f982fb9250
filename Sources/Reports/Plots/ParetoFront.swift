/// The points that no other beats: none is as cheap and as good, and better in one of the two.
enum ParetoFront {
  /// - Parameters:
  ///   - points: `x` is a cost, lower is better; `y` a quality. All finite.
  ///   - direction: of `y`.
  /// - Returns: indices in the order of `x`. Equal points are on it together.
  static func indices(of points: [(x: Double, y: Double)], better direction: Direction) -> [Int] {
    points.indices.filter { own in
      !points.contains { other in
        let isWorse = direction.isBetter(points[own].y, other.y)
        let isBetter = direction.isBetter(other.y, points[own].y)
        return other.x <= points[own].x && !isWorse && (other.x < points[own].x || isBetter)
      }
    }.sorted { (points[$0].x, $0) < (points[$1].x, $1) }
  }
}
