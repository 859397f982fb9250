/// How far a tensor may be from the stored one: the metadata's entry for it.
struct Tolerance: Sendable {
  /// |actual − expected| ≤ atol + rtol·|expected| for every element.
  var atol = 0.0
  var rtol = 0.0
  /// The largest mean of |actual − expected|, where one is given.
  var meanAbs: Double?
  /// Flat indices that are not compared.
  var ignore: [Range<Int>] = []

  /// Where given, the only bound but for `atol`, which is added: the largest root mean square
  /// of the differences.
  var rootMeanSquare: Double?

  /// What a fixture may be off by where networks multiply in bfloat16: its own tolerances are
  /// for float32.
  /// - Parameter rootMeanSquare: of the differences.
  func bfloat16(_ rootMeanSquare: Double) -> Tolerance {
    Tolerance(atol: atol, rtol: rtol, ignore: ignore, rootMeanSquare: rootMeanSquare)
  }

  /// Of a tensor without an entry.
  static let exact = Tolerance()

  /// What the metadata means where an entry gives no `rtol`.
  static let defaultRtol = 1e-5

  /// The largest error that an element may have.
  func allowed(_ expected: Double) -> Double { atol + rtol * abs(expected) }
}

extension Tolerance: Decodable {
  private enum CodingKeys: String, CodingKey {
    case atol, rtol, ignore
    case meanAbs = "mean_abs"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func bound(_ key: CodingKeys) throws -> Double? {
      guard let value = try values.decodeIfPresent(Double.self, forKey: key) else { return nil }
      guard value >= 0, value.isFinite else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: values, debugDescription: "expected 0 or more, found \(value)")
      }
      return value
    }
    atol = try bound(.atol) ?? 0
    rtol = try bound(.rtol) ?? Self.defaultRtol
    meanAbs = try bound(.meanAbs)
    guard values.contains(.ignore) else { return }

    // One half-open range, or a list of them.
    let pairs: [[Int]]
    if let one = try? values.decode([Int].self, forKey: .ignore) {
      pairs = one.isEmpty ? [] : [one]
    } else {
      pairs = try values.decode([[Int]].self, forKey: .ignore)
    }
    ignore = try pairs.map { pair in
      guard pair.count == 2, 0 <= pair[0], pair[0] <= pair[1] else {
        throw DecodingError.dataCorruptedError(
          forKey: .ignore, in: values,
          debugDescription: "expected a range [first, end], found \(pair)")
      }
      return pair[0]..<pair[1]
    }
  }
}
