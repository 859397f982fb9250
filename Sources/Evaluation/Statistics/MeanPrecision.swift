/// How the means of features are rounded: part of a protocol.
public enum MeanPrecision: Sendable, Hashable {
  /// Sums in float64, as pytorch-fid's.
  case double
  /// Sums in float32, row after row, as NumPy's mean over float32 rows in ADM's evaluator.
  case single
}

extension FeatureMatrix {
  /// (columns); 0 of no rows.
  func mean(_ precision: MeanPrecision) -> [Double] {
    guard rows > 0 else { return [Double](repeating: 0, count: columns) }
    return switch precision {
    case .double: sum(as: Double.self).map { $0 / Double(rows) }
    case .single: sum(as: Float.self).map { Double($0 / Float(rows)) }
    }
  }

  private func sum<Number: BinaryFloatingPoint>(as type: Number.Type) -> [Number] {
    var sum = [Number](repeating: 0, count: columns)
    for i in 0..<rows {
      for j in 0..<columns { sum[j] += Number(values[i * columns + j]) }
    }
    return sum
  }
}
