/// A rectangle of a drawing; y grows downwards.
struct Box: Sendable, Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }

  func overlaps(_ other: Box) -> Bool {
    x < other.right && other.x < right && y < other.bottom && other.y < bottom
  }

  func contains(_ other: Box) -> Bool {
    x <= other.x && other.right <= right && y <= other.y && other.bottom <= bottom
  }

  /// From a point to the nearest of this rectangle; 0 within.
  func distance(to point: (x: Double, y: Double)) -> Double {
    let dx = max(x - point.x, point.x - right, 0)
    let dy = max(y - point.y, point.y - bottom, 0)
    return (dx * dx + dy * dy).squareRoot()
  }

  /// Whether a straight line passes through, by the parts of it that lie within both sides.
  func isCrossed(from start: (x: Double, y: Double), to end: (x: Double, y: Double)) -> Bool {
    var (first, last) = (0.0, 1.0)
    for (from, to, low, high) in [(start.x, end.x, x, right), (start.y, end.y, y, bottom)] {
      let length = to - from
      if length == 0 {
        guard low < from, from < high else { return false }
        continue
      }
      let (a, b) = ((low - from) / length, (high - from) / length)
      first = max(first, min(a, b))
      last = min(last, max(a, b))
    }
    return first < last
  }
}
