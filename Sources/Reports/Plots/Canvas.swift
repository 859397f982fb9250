/// A drawing with an axis below and one on the left, in SVG. Colours come from the page's style sheet.
struct Canvas {
  typealias Point = (x: Double, y: Double)

  let width = 640.0
  let height: Double
  let horizontal: Axis
  let vertical: Axis
  /// Where values lie.
  let plot: Box
  private var elements: [Markup] = []

  /// Pixels of a character of the plots' fixed-width font at its size of 13.
  static let characterWidth = 7.9
  static let lineHeight = 16.0

  init(horizontal: Axis, vertical: Axis, height: Double = 400) {
    self.horizontal = horizontal
    self.vertical = vertical
    self.height = height
    // Room for the longest label of a tick, and for the titles above and below.
    let labels = vertical.ticks.map { Double($0.label.count) * Self.characterWidth }.max() ?? 0
    let left = max(labels + 14, 40)
    plot = Box(x: left, y: 30, width: 640 - left - 14, height: height - 30 - 46)
  }

  func place(_ x: Double, _ y: Double) -> Point {
    (
      plot.x + horizontal.position(x) * plot.width,
      plot.bottom - vertical.position(y) * plot.height
    )
  }

  // MARK: Drawing

  mutating func add(_ element: Markup) { elements.append(element) }

  mutating func line(_ from: Point, _ to: Point, _ style: String) {
    add(
      .element(
        "line",
        [
          "x1": Markup.coordinate(from.x), "y1": Markup.coordinate(from.y),
          "x2": Markup.coordinate(to.x), "y2": Markup.coordinate(to.y), "class": style,
        ]))
  }

  mutating func polyline(_ points: [Point], _ style: String) {
    let list = points.map { "\(Markup.coordinate($0.x)),\(Markup.coordinate($0.y))" }
    add(.element("polyline", ["points": list.joined(separator: " "), "class": style]))
  }

  /// A point that names itself where it is pointed at.
  mutating func circle(_ center: Point, radius: Double, _ style: String, title: String) {
    add(
      .element(
        "circle",
        [
          "cx": Markup.coordinate(center.x), "cy": Markup.coordinate(center.y),
          "r": Markup.coordinate(radius), "class": style,
        ], [.element("title", [:], title)]))
  }

  mutating func text(
    _ text: String, at point: Point, anchor: String = "start", _ style: String = "label"
  ) {
    add(
      .element(
        "text",
        [
          "x": Markup.coordinate(point.x), "y": Markup.coordinate(point.y),
          "text-anchor": anchor, "class": style,
        ], text))
  }

  /// Grid, ticks, and the axes' titles, which name what is drawn and its unit.
  mutating func axes(horizontalTitle: String, verticalTitle: String) {
    for tick in vertical.ticks {
      let y = place(horizontal.lower, tick.value).y
      line((plot.x, y), (plot.right, y), "grid")
      text(tick.label, at: (plot.x - 7, y + 4.5), anchor: "end", "tick")
    }
    var free = -Double.infinity
    for tick in horizontal.ticks {
      let x = place(tick.value, vertical.lower).x
      line((x, plot.bottom), (x, plot.bottom + 5), "axis")
      // Labels that would touch the one before are left out.
      let half = Double(tick.label.count) * Self.characterWidth / 2
      guard x - half > free, x + half < width else { continue }
      free = x + half + 6
      text(tick.label, at: (x, plot.bottom + 20), anchor: "middle", "tick")
    }
    line((plot.x, plot.bottom), (plot.right, plot.bottom), "axis")
    text(verticalTitle, at: (4, 16), "title")
    text(horizontalTitle, at: (plot.right, height - 6), anchor: "end", "title")
  }

  /// - Parameter description: what the picture shows, for those who do not see it.
  func svg(description: String) -> Markup {
    .element(
      "svg",
      [
        "viewBox": "0 0 \(Markup.coordinate(width)) \(Markup.coordinate(height))",
        "role": "img", "aria-label": description,
      ], elements)
  }
}
