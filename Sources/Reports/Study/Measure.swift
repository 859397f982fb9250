import Storage

/// Something measured of every cell of a study, with its interval where there is one.
struct Measure: Sendable {
  /// The column's name, such as `fid[solids-features]` or `time_latency`.
  let name: String
  /// Such as `ms`; empty for pure numbers.
  let unit: String
  let description: String
  /// One for each row; NaN where there is none.
  let values: [Double]
  /// The ends of intervals; empty where the table has none.
  let lower: [Double]
  let upper: [Double]

  var direction: Direction? { Direction(of: name) }
  var hasValues: Bool { values.contains(where: \.isFinite) }
  var isTime: Bool { name.hasPrefix("time_") }

  /// Both ends, where they are known and in their order.
  func interval(_ row: Int) -> ClosedRange<Double>? {
    guard lower.indices.contains(row), upper.indices.contains(row), lower[row].isFinite,
      upper[row].isFinite, lower[row] <= upper[row]
    else { return nil }
    return lower[row]...upper[row]
  }

  var hasIntervals: Bool { values.indices.contains { interval($0) != nil } }

  /// The same in another unit.
  func scaled(by factor: Double, unit: String) -> Measure {
    Measure(
      name: name, unit: unit, description: description, values: values.map { $0 * factor },
      lower: lower.map { $0 * factor }, upper: upper.map { $0 * factor })
  }
}

extension ResultTable {
  /// The measure in a column of numbers and in those that hold its interval; nil for any other.
  func measure(_ name: String) -> Measure? {
    guard let column = self[name], let values = column.values.asNumbers else { return nil }
    return Measure(
      name: name, unit: column.unit == "1" ? "" : column.unit, description: column.description,
      values: values, lower: self[name + "_low"]?.values.asNumbers ?? [],
      upper: self[name + "_high"]?.values.asNumbers ?? [])
  }
}

extension ResultColumn.Values {
  var asNumbers: [Double]? {
    switch self {
    case .numbers(let values): values
    case .integers(let values): values.map(Double.init)
    case .texts: nil
    }
  }

  /// Every value as people write it: the shortest digits that mean the number, nothing for none.
  var asTexts: [String] {
    switch self {
    case .numbers(let values): values.map(NumberText.plain)
    case .integers(let values): values.map { "\($0)" }
    case .texts(let values): values
    }
  }
}
