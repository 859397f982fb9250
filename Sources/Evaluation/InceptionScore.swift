import Diagnostics
import Foundation
import Randomness

/// exp of the mean divergence of the images' class probabilities p(c|x) from their mean,
///
///     exp( 1/N · Σ_x Σ_c p(c|x)·(log p(c|x) − log p(c)) ),   p(c) = 1/N · Σ_x p(c|x)
///
/// computed in parts, whose mean is the score (Salimans et al., "Improved techniques for
/// training GANs", 2016, section 4; "A note on the inception score", Barratt and Sharma 2018,
/// on what the parts do). A probability of 0 adds 0, as its limit does; the reference
/// implementations give NaN.
public struct InceptionScore: Sendable {
  /// The mean over the parts.
  public let value: Double
  /// The standard deviation over the parts, divided by their number.
  public let standardDeviation: Double
  public let parts: Int
  /// Images in all.
  public let count: Int
  public let warnings: [EvaluationWarning]
}

/// Which images make a part, and how probabilities are rounded.
public enum InceptionScoreProtocol: Sendable, Hashable {
  /// Chunks of 5000 in file order, the last one as long as it comes out, probabilities rounded
  /// to float32 (guided-diffusion, `evaluator.compute_inception_score`).
  case adm(chunk: Int = 5000)
  /// Equal parts, cut at i·N/parts in float64, of the rows in the order of NumPy's
  /// `RandomState(seed).permutation(N)`, or in file order without a seed (torch-fidelity,
  /// `metric_isc.py`).
  case fidelity(parts: Int = 10, seed: UInt32? = 2020)
}

/// Sums of the score over rows of logits that come in any portions, in file order.
public struct InceptionScoreSums: Sendable {
  /// The part of each row, and the size that parts have.
  private enum Division: Sendable {
    case chunks(Int)
    case parts([Int32])
  }

  private let division: Division
  private let isSingle: Bool
  private let classes: Int
  private var parts: [Part] = []
  public private(set) var count = 0

  struct Part: Sendable {
    var count = 0
    /// Σ_x p(c|x).
    var probabilities: [Double]
    /// Σ_x Σ_c p(c|x)·log p(c|x).
    var negativeEntropy = 0.0
    /// Of a part that gets no more rows and has let go of its sums.
    var finished: Double?
  }

  /// - Parameters:
  ///   - classes: columns of the logits.
  ///   - total: how many rows will come; `.adm` does not look at it.
  /// - Throws: `InputError` for a chunk or a number of parts below 1, or more parts than rows.
  public init(_ rule: InceptionScoreProtocol, classes: Int, total: Int) throws {
    guard classes > 0 else {
      throw InputError("Inception Score", expected: "at least 1 class", found: "\(classes)")
    }
    self.classes = classes
    switch rule {
    case .adm(let chunk):
      guard chunk > 0 else {
        throw InputError("Inception Score", expected: "chunks of 1 or more", found: "\(chunk)")
      }
      division = .chunks(chunk)
      isSingle = true
    case .fidelity(let parts, let seed):
      guard parts <= max(total, 1) else {
        throw InputError(
          "Inception Score",
          expected: "at least \(parts) images, one for each of its \(parts) parts",
          found: "\(total)")
      }
      guard parts >= 1, total < Int(Int32.max) else {
        throw InputError(
          "Inception Score", expected: "1 to \(total) parts of \(total) images",
          found: "\(parts)")
      }
      var random = seed.map(NumPyRandomState.init(seed:))
      let order = random?.permutation(total)
      var part = [Int32](repeating: 0, count: total)
      for i in 0..<parts {
        for place in Self.start(i, parts, total)..<Self.start(i + 1, parts, total) {
          part[order?[place] ?? place] = Int32(i)
        }
      }
      division = .parts(part)
      isSingle = false
    }
  }

  /// ⌊i·N/parts⌋ without the product.
  private static func start(_ i: Int, _ parts: Int, _ total: Int) -> Int {
    let (whole, rest) = total.quotientAndRemainder(dividingBy: parts)
    let product = i.multipliedFullWidth(by: rest)
    return i * whole + parts.dividingFullWidth(product).quotient
  }

  /// - Throws: `InputError` for rows of another length, or more rows than were announced.
  public mutating func add(_ logits: FeatureMatrix) throws {
    guard logits.columns == classes else {
      throw InputError(
        logits.name, expected: "logits of \(classes) classes", found: "\(logits.columns)")
    }
    if case .parts(let part) = division, count + logits.rows > part.count {
      throw InputError(
        logits.name, expected: "\(part.count) images in all", found: "more")
    }
    var probabilities = [Double](repeating: 0, count: classes)
    for row in 0..<logits.rows {
      logits.values.withUnsafeBufferPointer { values in
        probabilities.withUnsafeMutableBufferPointer {
          Self.softmax(values[row * classes..<(row + 1) * classes], into: $0)
        }
      }
      let index = part(of: count)
      while parts.count <= index {
        // A chunk is over when the next begins; parts fill in any order.
        if case .chunks = division, let last = parts.indices.last { parts[last].finish() }
        parts.append(Part(probabilities: [Double](repeating: 0, count: classes)))
      }
      parts[index].add(probabilities, isSingle: isSingle)
      count += 1
    }
  }

  /// The part that a row belongs to, by its place in file order.
  func part(of row: Int) -> Int {
    switch division {
    case .chunks(let size): row / size
    case .parts(let part): Int(part[row])
    }
  }

  /// - Throws: `InputError` where no rows have come, or fewer than were announced.
  public func score() throws -> InceptionScore {
    if case .parts(let part) = division, count != part.count {
      throw InputError("Inception Score", expected: "\(part.count) images", found: "\(count)")
    }
    guard let last = parts.last else {
      throw InputError("Inception Score", expected: "at least 1 image", found: "none")
    }
    let scores = parts.map(\.score)
    let mean = scores.reduce(0, +) / Double(scores.count)
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)
    var warnings: [EvaluationWarning] = []
    if case .chunks(let size) = division, parts.count > 1, last.count < size {
      warnings.append(.unequalChunks(last: last.count, size: size))
    }
    return InceptionScore(
      value: mean, standardDeviation: variance.squareRoot(), parts: parts.count, count: count,
      warnings: warnings)
  }

  static func softmax(
    _ logits: Slice<UnsafeBufferPointer<Float>>, into result: UnsafeMutableBufferPointer<Double>
  ) {
    let largest = Double(logits.max() ?? 0)
    var sum = 0.0
    for (index, logit) in logits.enumerated() {
      let power = exp(Double(logit) - largest)
      result[index] = power
      sum += power
    }
    for index in result.indices { result[index] /= sum }
  }
}

extension InceptionScoreSums.Part {
  fileprivate mutating func add(_ row: [Double], isSingle: Bool) {
    count += 1
    for (index, exact) in row.enumerated() {
      let p = isSingle ? Double(Float(exact)) : exact
      probabilities[index] += p
      if p > 0 { negativeEntropy += p * log(p) }
    }
  }

  fileprivate mutating func finish() {
    finished = score
    probabilities = []
  }

  var score: Double {
    if let finished { return finished }
    let size = Double(count)
    let divergence = probabilities.reduce(negativeEntropy / size) { sum, total in
      let q = total / size
      return q > 0 ? sum - q * log(q) : sum
    }
    return exp(divergence)
  }
}
