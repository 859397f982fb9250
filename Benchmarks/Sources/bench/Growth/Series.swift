import Foundation
import TensorGraph

/// Rows that differ in one size.
struct Series {
  let name: String
  /// What differs, as an axis says it.
  let axis: String
  let points: [(label: String, row: Row)]

  static func all(_ cache: WeightCache) -> [Series] {
    let batches = [1, 2, 4, 8, 16, 32]
    return [
      Series(
        name: "forward-batch-s-2", axis: "batch of SiT-S/2",
        points: batches.map { ("\($0)", .forward("S/2", batch: $0, cache)) }),
      Series(
        name: "forward-batch-b-2", axis: "batch of SiT-B/2",
        points: batches.map { ("\($0)", .forward("B/2", batch: $0, cache)) }),
      Series(
        name: "forward-size", axis: "model, batch 2",
        points: ["S/2", "B/2", "L/2", "XL/2"].map { ($0, .forward($0, batch: 2, cache)) }),
      Series(
        name: "forward-resolution", axis: "resolution of SiT-B/2, batch 2",
        points: [16, 32, 64].map { ("\(8 * $0)", .forward("B/2", side: $0, batch: 2, cache)) }),
      Series(
        name: "decode-resolution", axis: "resolution of SD-VAE decode",
        points: [16, 32, 64].map { ("\(8 * $0)", .decode(side: $0, cache)) }),
      Series(
        name: "decode-batch", axis: "batch of SD-VAE decode",
        points: [1, 2, 4].map { ("\($0)", .decode(batch: $0, cache)) }),
      Series(
        name: "training-batch", axis: "batch of a predictor step",
        points: batches.map { ("\($0)", .predictorStep(batch: $0, cache)) }),
      Series(
        name: "images", axis: "images, quickstart's shapes, H1P5R3, batches of 8",
        points: [8, 16, 32, 64, 128].map { ("\($0)", .quickstartSamples(count: $0, cache)) }),
    ]
  }
}

/// How a series grew beside its arithmetic.
struct Growth: Codable {
  struct Point: Codable {
    let label: String
    let measurement: Measurement
    /// Memory beside the weights, as predicted, and all that the row took beside what was
    /// there, as the system saw it.
    let predictedBytes: Int
    let measuredBytes: Int?

    init(_ label: String, _ measurement: Measurement) {
      (self.label, self.measurement) = (label, measurement)
      predictedBytes = measurement.arenaBytes
      measuredBytes = measurement.highWaterBytes.flatMap { high in
        measurement.residentBytesBefore.map { max(0, high - $0) }
      }
    }
  }

  let name: String
  let axis: String
  let points: [Point]
  /// p of time ~ (multiply–adds)^p and of memory likewise; 1 is growth like the arithmetic's.
  let timeExponent: Double?
  let memoryExponent: Double?

  init(_ series: Series, _ points: [Point]) {
    (name, axis, self.points) = (series.name, series.axis, points)
    // Seconds at one speed of the machine: by the peak measured around each turn.
    timeExponent = PowerLaw.exponent(
      points.map {
        ($0.measurement.multiplyAdds, $0.measurement.multiplyAdds / $0.measurement.share.median)
      })
    memoryExponent = PowerLaw.exponent(
      points.map { ($0.measurement.multiplyAdds, Double($0.predictedBytes)) })
  }
}

extension Growth {
  /// Each point and the exponents below.
  var table: [[String]] {
    let number = { (value: Double) in String(format: "%.3g", value) }
    return [[axis, "GMAC", "ms", "ms/GMAC", "of peak", "arena MB", "more resident MB"]]
      + points.map { point in
        let row = point.measurement
        return [
          point.label, number(row.multiplyAdds / 1e9), number(row.seconds.median * 1e3),
          number(row.seconds.median * 1e12 / row.multiplyAdds),
          String(format: "%.0f%%", 100 * row.share.median),
          number(Double(point.predictedBytes) / 1e6),
          point.measuredBytes.map { number(Double($0) / 1e6) } ?? "",
        ]
      } + [
        [
          "exponent beside multiply-adds", "", timeExponent.map(number) ?? "", "", "",
          memoryExponent.map(number) ?? "",
        ]
      ]
  }
}

/// What `--growth` writes to a file.
struct GrowthReport: Codable {
  var machine: Machine
  var date: String
  var rounds: Int
  var precision: Precision
  var series: [Growth] = []

  func json() throws -> Data { try Report.encoded(self) }
}

enum PowerLaw {
  /// The slope of log y on log x by least squares; nil where the points have no two x.
  static func exponent(_ points: [(x: Double, y: Double)]) -> Double? {
    let logs = points.filter { $0.x > 0 && $0.y > 0 }.map { (x: log($0.x), y: log($0.y)) }
    let count = Double(logs.count)
    let x = logs.reduce(0) { $0 + $1.x } / count
    let y = logs.reduce(0) { $0 + $1.y } / count
    let spread = logs.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
    guard logs.count > 1, spread > 0 else { return nil }
    return logs.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / spread
  }
}
