/// The points that no other beats: none is as cheap and as good, and better in one of the two.
enum ParetoFront {
  /// - Parameters:
  ///   - points: `x` is a cost, lower is better; `y` a quality. All finite.
  ///   - direction: of `y`.
  /// - Returns: indices in the order of `x`. Equal points are on it together.
  static func indices(of points: [(x: Double, y: Double)], better direction: Direction) -> [Int] {
    let order = points.indices.sorted { one, two in
      let (a, b) = (points[one], points[two])
      if a.x != b.x { return a.x < b.x }
      return a.y == b.y ? one < two : direction.isBetter(a.y, b.y)
    }
    // The best so far, which whatever costs more has to beat, or to equal in both.
    var front: [Int] = []
    for index in order {
      if let best = front.last.map({ points[$0] }), best != points[index],
        !direction.isBetter(points[index].y, best.y)
      {
        continue
      }
      front.append(index)
    }
    return front
  }
}
