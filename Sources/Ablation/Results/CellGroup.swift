/// One cell with all its seeds.
struct CellGroup {
  let rows: [CellRow]

  var name: String { rows.first?.cell.name ?? "" }

  /// Rows whose seeds stand beside each other.
  static func all(of rows: [CellRow]) -> [CellGroup] {
    var groups: [[CellRow]] = []
    for row in rows {
      if groups.last?.last?.cell.name == row.cell.name {
        groups[groups.count - 1].append(row)
      } else {
        groups.append([row])
      }
    }
    return groups.map(CellGroup.init)
  }

  private func values(_ measure: CellMeasure) -> [Double] {
    rows.compactMap { measure.value($0)?.value }
  }

  func mean(_ measure: CellMeasure) -> Double? { Self.mean(values(measure)) }

  /// By Student's t over seeds; of one seed alone over its samples.
  func interval(_ measure: CellMeasure) -> (lower: Double, upper: Double)? {
    if let interval = TInterval(values(measure)) { return (interval.lower, interval.upper) }
    let done = rows.compactMap(measure.value)
    guard done.count == 1, let lower = done[0].lower, let upper = done[0].upper else { return nil }
    return (lower, upper)
  }

  /// Of this cell less another one, seed by seed. Cells of one seed share their noise: what
  /// both have in common is not in the difference.
  func difference(_ measure: CellMeasure, from other: CellGroup)
    -> (mean: Double?, interval: TInterval?)
  {
    let pairs = rows.compactMap { row in
      other.rows.first { $0.cell.seed == row.cell.seed }.map { (row, $0) }
    }
    let differences = pairs.compactMap { own, twin in
      measure.value(own).flatMap { own in measure.value(twin).map { own.value - $0.value } }
    }
    if differences.count == 1 {
      // Of one seed all that varies is the samples; of several, refiners may, too.
      let samples = pairs.compactMap { own, twin in
        measure.samples(own).flatMap { own in measure.samples(twin).map { (own, $0) } }
      }
      if let (own, twin) = samples.first, own.count == twin.count {
        return (differences[0], TInterval(zip(own, twin).map { $0 - $1 }))
      }
    }
    return (Self.mean(differences), TInterval(differences))
  }

  static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
