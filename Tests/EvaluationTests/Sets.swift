import Diagnostics
import Randomness
import Testing

@testable import Evaluation

/// Sets of features to test with.
enum Sets {
  /// Normal with this mean and spread; equal seeds give equal values.
  static func normal(
    _ rows: Int, _ columns: Int, seed: UInt64, mean: Double = 0, spread: Double = 1,
    name: String = "set"
  ) throws -> FeatureMatrix {
    var stream = RandomStream(seed: seed, purpose: .noise, index: 0)
    let values = (0..<rows * columns).map { _ in Float(mean + spread * Double(stream.normal())) }
    return try FeatureMatrix(name, rows: rows, columns: columns, values: values)
  }

  static func rows(_ rows: [[Float]], name: String = "set") throws -> FeatureMatrix {
    try FeatureMatrix(
      name, rows: rows.count, columns: rows.first?.count ?? 1, values: rows.flatMap { $0 })
  }

  static func moments(_ set: FeatureMatrix, means: MeanPrecision = .double) throws
    -> FeatureMoments
  {
    var statistics = try FeatureStatistics(dimensions: set.columns)
    try statistics.add(set)
    return try statistics.moments(set.name, means: means)
  }
}

extension FeatureMatrix {
  /// The rows of a range, as they are.
  func part(_ range: Range<Int>) throws -> FeatureMatrix { try selecting(Array(range)) }

  func row(_ i: Int) -> [Float] { Array(values[i * columns..<(i + 1) * columns]) }

  /// Squared distances to all rows of another set, in double precision.
  func squaredDistances(_ i: Int, _ other: FeatureMatrix) -> [Double] {
    let row = row(i).map(Double.init)
    var distances = [Double](repeating: 0, count: other.rows)
    other.values.withUnsafeBufferPointer { values in
      row.withUnsafeBufferPointer { row in
        for j in distances.indices {
          var sum = 0.0
          // Tests are not optimised; a closure for each element would take seconds.
          for k in 0..<columns {
            let difference = row[k] - Double(values[j * columns + k])
            sum += difference * difference
          }
          distances[j] = sum
        }
      }
    }
    return distances
  }
}

/// Whether two numbers agree to `tolerance`, relative to the larger.
func agree(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  abs(a - b) <= tolerance * max(abs(a), abs(b))
}

/// The largest difference of two lists, relative to the largest element.
func largestError(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let scale = b.reduce(0) { max($0, abs($1)) }
  return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / (scale == 0 ? 1 : scale)
}

/// Records an issue unless `body` throws an `InputError` that holds all of `parts`.
func expectInputError(
  _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("expected an error", sourceLocation: sourceLocation)
  } catch let error as InputError {
    for part in parts {
      #expect(error.description.contains(part), "\(error)", sourceLocation: sourceLocation)
    }
  } catch {
    Issue.record("expected an InputError, found \(error)", sourceLocation: sourceLocation)
  }
}
