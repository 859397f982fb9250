import Storage

/// The losses of a training: of batches, on what was held out, and of a refiner that does nothing.
struct TrainingPlot {
  struct HeldOut {
    /// `model`, or `ema` for the average.
    let weights: String
    var points: [(step: Double, loss: Double)]
  }

  let hash: String
  let title: String
  let losses: [(step: Double, loss: Double)]
  let heldOut: [HeldOut]
  /// What a refiner of zeros has on the same samples, where that was recorded.
  let zeroRefiner: Double?

  /// The trainings in `/curves`, in the order of their hashes.
  static func all(in document: ResultsDocument) -> [TrainingPlot] {
    var hashes: [String] = []
    for table in document.tables {
      let parts = table.path.split(separator: "/").map(String.init)
      guard parts.count == 3, parts[0] == "curves", !hashes.contains(parts[1]) else { continue }
      hashes.append(parts[1])
    }
    return hashes.compactMap { TrainingPlot($0, in: document) }
  }

  private init?(_ hash: String, in document: ResultsDocument) {
    let steps = document[table: "curves/\(hash)/steps"]
    let held = document[table: "curves/\(hash)/held_out"]
    func points(_ table: ResultTable?) -> [(step: Double, loss: Double)?] {
      guard let x = table?["step"]?.values.asNumbers, let y = table?["loss"]?.values.asNumbers
      else { return [] }
      return zip(x, y).map { Axis.canShow($0) && Axis.canShow($1) ? ($0, $1) : nil }
    }
    let heldPoints = points(held)
    let weights = held?["weights"]?.values.asTexts ?? heldPoints.map { _ in "" }
    var groups: [HeldOut] = []
    for (name, point) in zip(weights, heldPoints) {
      guard let point else { continue }
      if let index = groups.firstIndex(where: { $0.weights == name }) {
        groups[index].points.append(point)
      } else {
        groups.append(HeldOut(weights: name, points: [point]))
      }
    }
    self.hash = hash
    title = steps?.title ?? held?.title ?? hash
    losses = points(steps).compactMap(\.self)
    heldOut = groups
    zeroRefiner = held?["zero_refiner"]?.values.asNumbers?.first(where: Axis.canShow)
    guard !losses.isEmpty || !heldOut.isEmpty else { return nil }
  }

  /// At most so many points are drawn; more are averaged in groups of equal size.
  static let mostPoints = 400

  /// Means over groups of neighbours.
  static func thinned(_ points: [(step: Double, loss: Double)]) -> [(step: Double, loss: Double)] {
    let group = (points.count + mostPoints - 1) / mostPoints
    guard group > 1 else { return points }
    return stride(from: 0, to: points.count, by: group).map { start in
      let part = points[start..<min(start + group, points.count)]
      let count = Double(part.count)
      return (
        part.reduce(0) { $0 + $1.step / count }, part.reduce(0) { $0 + $1.loss / count }
      )
    }
  }

  var isThinned: Bool { losses.count > Self.mostPoints }

  func draw() -> Markup {
    let curve = Self.thinned(losses)
    let held = heldOut.flatMap(\.points)
    var canvas = Canvas(
      horizontal: Axis((curve + held).map(\.step), logarithmic: false, margin: 0.02),
      vertical: Axis(
        (curve + held).map(\.loss) + (zeroRefiner.map { [$0] } ?? []), logarithmic: true),
      height: 300)
    canvas.axes(horizontalTitle: "updates", verticalTitle: "loss")
    if let zeroRefiner {
      let y = canvas.place(canvas.horizontal.lower, zeroRefiner).y
      canvas.line((canvas.plot.x, y), (canvas.plot.right, y), "zero")
    }
    canvas.polyline(curve.map { canvas.place($0.step, $0.loss) }, "loss")
    for (index, group) in heldOut.enumerated() {
      let places = group.points.map { canvas.place($0.step, $0.loss) }
      canvas.polyline(places, index == 0 ? "held" : "held second")
      for (place, point) in zip(places, group.points) {
        canvas.circle(
          place, radius: 4, index == 0 ? "heldpoint" : "heldpoint second",
          title: "\(NumberText.plain(point.step)): \(NumberText.plain(point.loss))")
      }
    }
    return canvas.svg(description: "losses of the training: \(title)")
  }
}
