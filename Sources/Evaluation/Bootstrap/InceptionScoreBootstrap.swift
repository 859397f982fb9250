import Foundation
import Synchronization

extension InceptionScore {
  /// How far the score would be off with other images of the same model: in each resample another
  /// image takes the place of each, so that parts keep their sizes.
  /// - Parameters:
  ///   - logits: of all images, in file order.
  ///   - value: the score of these.
  ///   - progress: told how many resamples are done, from several threads; throwing from it ends the work.
  /// - Throws: `InputError` as ``InceptionScoreSums``, and where other rows are resampled.
  public static func bootstrap(
    _ logits: FeatureMatrix, _ rule: InceptionScoreProtocol, around value: Double,
    _ draws: BootstrapDraws, progress: @Sendable (Int) throws -> Void = { _ in }
  ) throws -> BootstrapInterval {
    try draws.requireRows(logits)
    let (n, classes) = (logits.rows, logits.columns)
    let sums = try InceptionScoreSums(rule, classes: classes, total: n)
    let parts = (0..<n).map(sums.part)
    let count = (parts.max() ?? 0) + 1
    // Rounded to float32 as ADM's are; of spreads that is not seen.
    var probabilities = [Float](repeating: 0, count: n * classes)
    var entropies = [Double](repeating: 0, count: n)
    var row = [Double](repeating: 0, count: classes)
    for i in 0..<n {
      logits.values.withUnsafeBufferPointer { values in
        row.withUnsafeMutableBufferPointer {
          InceptionScoreSums.softmax(values[i * classes..<(i + 1) * classes], into: $0)
        }
      }
      for (c, p) in row.enumerated() {
        probabilities[i * classes + c] = Float(p)
        if p > 0 { entropies[i] += p * log(p) }
      }
    }
    let done = Atomic<Int>(0)
    let scores = try Workers.map(draws.count) { [probabilities, entropies] index in
      var resample = (0..<count).map { _ in
        InceptionScoreSums.Part(probabilities: [Double](repeating: 0, count: classes))
      }
      for (place, drawn) in draws.drawn(index).enumerated() {
        probabilities.withUnsafeBufferPointer {
          resample[parts[place]].add($0[drawn * classes..<(drawn + 1) * classes])
        }
        resample[parts[place]].negativeEntropy += entropies[drawn]
      }
      try progress(done.add(1, ordering: .relaxed).newValue)
      return resample.reduce(0) { $0 + $1.score } / Double(count)
    }
    return BootstrapInterval(scores, around: value, confidence: draws.confidence)
  }
}

extension InceptionScoreSums.Part {
  /// Of a row whose entropy is known.
  fileprivate mutating func add(_ row: Slice<UnsafeBufferPointer<Float>>) {
    count += 1
    let row = UnsafeBufferPointer(rebasing: row)
    probabilities.withUnsafeMutableBufferPointer { sums in
      for index in sums.indices { sums[index] += Double(row[index]) }
    }
  }
}
