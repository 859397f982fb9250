import Foundation

/// Finds places for the labels of points where they cover neither each other nor points or bars.
struct LabelPlacement {
  struct Place: Equatable {
    let box: Box
    /// Where a line from the point to a label far from it ends; nil for one beside it.
    let leader: (x: Double, y: Double)?

    static func == (a: Place, b: Place) -> Bool {
      a.box == b.box && a.leader?.x == b.leader?.x && a.leader?.y == b.leader?.y
    }
  }

  /// Labels stay within.
  let area: Box
  /// What labels must not cover.
  var obstacles: [Box]
  /// All points that have labels: one without a line must be nearest to its own.
  let points: [(x: Double, y: Double)]
  /// Lines of the drawing, and those that lead to labels already placed.
  private var lines: [(from: (x: Double, y: Double), to: (x: Double, y: Double))]

  /// - Parameter path: the corners of a line that labels must not cover.
  init(
    area: Box, obstacles: [Box], points: [(x: Double, y: Double)] = [],
    path: [(x: Double, y: Double)] = []
  ) {
    self.area = area
    self.points = points
    self.obstacles = obstacles
    lines = zip(path, path.dropFirst()).map { ($0, $1) }
  }

  private static let distances: [Double] = [9, 15, 24, 36, 52, 72, 96, 124]
  private static let directions = 16

  /// The nearest free place around a point, and takes it; nil where there is none.
  mutating func place(at point: (x: Double, y: Double), width: Double, height: Double) -> Place? {
    for distance in Self.distances {
      for step in 0..<Self.directions {
        // To the right first, then upwards and downwards in turns.
        let turn = Double((step + 1) / 2) * (step.isMultiple(of: 2) ? 1 : -1)
        let angle = turn * 2 * Double.pi / Double(Self.directions)
        let (dx, dy) = (cos(angle), sin(angle))
        // The label's side or corner that faces the point lies at the distance.
        let box = Box(
          x: point.x + dx * distance - width * (1 - dx) / 2,
          y: point.y + dy * distance - height * (1 - dy) / 2, width: width, height: height)
        guard area.contains(box), !obstacles.contains(where: box.overlaps),
          !lines.contains(where: { box.isCrossed(from: $0.from, to: $0.to) })
        else { continue }
        let end = (
          x: min(max(point.x, box.x), box.right), y: min(max(point.y, box.y), box.bottom)
        )
        let isFar = distance > 15
        let own = box.distance(to: point)
        if !isFar, points.contains(where: { box.distance(to: $0) < own }) { continue }
        if isFar, obstacles.contains(where: { crosses($0, from: point, to: end) }) { continue }
        obstacles.append(box)
        if isFar { lines.append((point, end)) }
        return Place(box: box, leader: isFar ? end : nil)
      }
    }
    return nil
  }

  /// Whether a leader would pass through a label; it begins in its own point's box.
  private func crosses(
    _ box: Box, from: (x: Double, y: Double), to: (x: Double, y: Double)
  ) -> Bool {
    let isOwn =
      box.x <= from.x && from.x <= box.right && box.y <= from.y && from.y <= box.bottom
    return !isOwn && box.isCrossed(from: from, to: to)
  }
}
