import Evaluation

/// A number that cells are compared by.
struct CellMeasure: Sendable {
  /// Of one seed.
  struct Value: Sendable {
    let value: Double
    /// The 95 % interval over the samples of that seed.
    var lower: Double?
    var upper: Double?
  }

  /// The column's name.
  let name: String
  let description: String
  /// How the interval of one seed comes about.
  let interval: String
  /// How the interval of a difference comes about where there is one seed.
  let pairedInterval: String
  let isBetterHigher: Bool
  let value: @Sendable (CellRow) -> Value?
  /// What the value is the mean of, by sample; nil of others.
  let samples: @Sendable (CellRow) -> [Double]?

  /// A metric against the reference images.
  static func metric(_ name: String) -> CellMeasure {
    CellMeasure(
      name: name, description: "Of this seed's samples against the reference",
      interval: "by the bootstrap", pairedInterval: "NaN for one seed",
      isBetterHigher: MetricName(title: name)?.isBetterHigher ?? false,
      value: { row in
        row.metric(name).map { Value(value: $0.value, lower: $0.lower, upper: $0.upper) }
      }, samples: { _ in nil })
  }

  /// How near latents end to those of the solution.
  static let latentDistance = CellMeasure(
    name: "latent_rmse",
    description: "Root mean square difference of a sample's latents from the solution's of the "
      + "same noise: mean over samples",
    interval: "by Student's t over samples",
    pairedInterval: "of one seed over its samples in pairs", isBetterHigher: false,
    value: { row in
      row.distances.flatMap { distances in
        guard !distances.isEmpty else { return nil }
        let interval = TInterval(distances)
        return Value(
          value: distances.reduce(0, +) / Double(distances.count), lower: interval?.lower,
          upper: interval?.upper)
      }
    }, samples: { $0.distances })

  /// Those that any of the rows has, metrics in the order of their first mention.
  static func all(of rows: [CellRow]) -> [CellMeasure] {
    var names: [String] = []
    for name in rows.flatMap({ $0.evaluation?.metrics?.map(\.name) ?? [] })
    where !names.contains(name) {
      names.append(name)
    }
    return names.map(metric)
      + (rows.contains { $0.distances != nil } ? [latentDistance] : [])
  }
}
