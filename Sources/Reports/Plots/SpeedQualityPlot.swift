/// A study's quality against what its samples cost, with intervals and the Pareto front.
struct SpeedQualityPlot {
  struct Point: Sendable {
    let name: String
    let x: Double
    let y: Double
    let xInterval: ClosedRange<Double>?
    let yInterval: ClosedRange<Double>?
  }

  let quality: Measure
  let cost: Measure
  let direction: Direction
  let points: [Point]
  /// Indices of points, in the order of cost.
  let front: [Int]

  /// FID, or else the first metric of which it is known what is better, against the time per image of
  /// a batch or, where fewer than two cells are timed, evaluations of the predictor. Nil where there
  /// are not two cells of different costs.
  init?(_ study: StudyResults) {
    let known = study.metrics.filter { $0.direction != nil }
    guard let quality = known.first(where: { $0.name.hasPrefix("fid") }) ?? known.first,
      let direction = quality.direction
    else { return nil }
    let costs = ["time_image", "time_latency", "predictor_evaluations"].compactMap { name in
      (study.times + study.evaluations).first { $0.name == name }
    }
    for cost in costs {
      let points = study.cells.indices.compactMap { row -> Point? in
        let (x, y) = (cost.values[row], quality.values[row])
        guard Axis.canShow(x), Axis.canShow(y) else { return nil }
        return Point(
          name: study.cells[row], x: x, y: y, xInterval: cost.interval(row),
          yInterval: quality.interval(row))
      }
      guard Set(points.map(\.x)).count > 1 else { continue }
      self.quality = quality
      self.cost = cost
      self.direction = direction
      self.points = points
      front = ParetoFront.indices(of: points.map { ($0.x, $0.y) }, better: direction)
      return
    }
    return nil
  }

  /// Such as `time per image of a batch, ms`.
  var costTitle: String {
    switch cost.name {
    case "time_image": "time per image of a batch, \(cost.unit) (median, quartiles)"
    case "time_latency": "time of one image alone, \(cost.unit) (median, quartiles)"
    default: "evaluations of the predictor per image"
    }
  }

  var qualityTitle: String {
    let hasIntervals = points.contains { $0.yInterval != nil }
    return quality.name + (direction == .lower ? ", lower is better" : ", higher is better")
      + (hasIntervals ? " (95 % intervals)" : "")
  }

  /// Each point of the front in words, the cheapest first.
  var frontTexts: [String] {
    let (xDecimals, yDecimals) = (
      NumberText.decimals(of: cost), NumberText.decimals(of: quality)
    )
    let unit = cost.isTime ? " \(cost.unit)" : " evaluations"
    return front.map { index in
      let point = points[index]
      return "\(point.name): \(NumberText.rounded(point.x, decimals: xDecimals))\(unit), "
        + "\(quality.name) \(NumberText.rounded(point.y, decimals: yDecimals))"
    }
  }

  private static let longestLabel = 26
  /// Where there are more points, the names of the rest are told below the drawing.
  private static let mostLabels = 100

  /// The drawing, and the names of points that there was no room to write beside.
  func draw() -> (svg: Markup, unlabelled: [String]) {
    func ends(_ value: Double, _ interval: ClosedRange<Double>?) -> [Double] {
      [value] + (interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    var canvas = Canvas(
      horizontal: Axis(points.flatMap { ends($0.x, $0.xInterval) }, logarithmic: true),
      vertical: Axis(points.flatMap { ends($0.y, $0.yInterval) }, logarithmic: true))
    canvas.axes(horizontalTitle: costTitle, verticalTitle: qualityTitle)

    let places = points.map { canvas.place($0.x, $0.y) }
    if front.count > 1 { canvas.polyline(front.map { places[$0] }, "front") }
    var obstacles: [Box] = places.map { Box(x: $0.x - 6, y: $0.y - 6, width: 12, height: 12) }
    for (point, place) in zip(points, places) {
      if let interval = point.yInterval {
        let low = canvas.place(point.x, interval.lowerBound)
        let high = canvas.place(point.x, interval.upperBound)
        bar(&canvas, low, high)
        obstacles.append(Box(x: place.x - 1, y: high.y, width: 2, height: low.y - high.y))
      }
      if let interval = point.xInterval {
        let low = canvas.place(interval.lowerBound, point.y)
        let high = canvas.place(interval.upperBound, point.y)
        bar(&canvas, low, high)
        obstacles.append(Box(x: low.x, y: place.y - 1, width: high.x - low.x, height: 2))
      }
    }
    let front = Set(front)
    for (index, place) in places.enumerated() {
      let isFront = front.contains(index)
      canvas.circle(
        place, radius: isFront ? 5.5 : 4.5, isFront ? "point best" : "point",
        title: points[index].name)
    }
    let unlabelled = label(&canvas, places, obstacles)
    return (
      canvas.svg(
        description: "\(quality.name) against \(costTitle); on the Pareto front: "
          + self.front.map { points[$0].name }.joined(separator: ", ")), unlabelled
    )
  }

  private func bar(_ canvas: inout Canvas, _ from: Canvas.Point, _ to: Canvas.Point) {
    canvas.line(from, to, "bar")
    let isVertical = from.x == to.x
    for end in [from, to] {
      let (dx, dy) = isVertical ? (3.0, 0.0) : (0.0, 3.0)
      canvas.line((end.x - dx, end.y - dy), (end.x + dx, end.y + dy), "bar")
    }
  }

  /// The front's points first: they are what is looked for.
  private func label(
    _ canvas: inout Canvas, _ places: [Canvas.Point], _ obstacles: [Box]
  ) -> [String] {
    var placement = LabelPlacement(
      area: canvas.plot, obstacles: obstacles, points: places, path: front.map { places[$0] })
    let best = Set(front)
    let order = front + points.indices.filter { !best.contains($0) }
    var unlabelled = order.dropFirst(Self.mostLabels).map { points[$0].name }
    for index in order.prefix(Self.mostLabels) {
      let name = points[index].name
      let text = name.count > Self.longestLabel ? name.prefix(Self.longestLabel - 1) + "…" : name
      // With three pixels free on both sides.
      let width = text.unicodeScalars.reduce(6.0) {
        $0 + ($1.isASCII ? 1 : 2) * Canvas.characterWidth
      }
      guard
        let place = placement.place(
          at: places[index], width: width, height: Canvas.lineHeight)
      else {
        unlabelled.append(name)
        continue
      }
      if let end = place.leader { canvas.line(places[index], end, "leader") }
      canvas.text(
        text, at: (place.box.x + 3, place.box.bottom - 4),
        best.contains(index) ? "label best" : "label")
    }
    return unlabelled
  }
}
