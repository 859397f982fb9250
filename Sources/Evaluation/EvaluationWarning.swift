/// What makes a number less than it seems. Results carry these; nothing here prints.
public enum EvaluationWarning: Sendable, Hashable, CustomStringConvertible {
  /// A covariance of N rows has rank N − 1 at most.
  case rankDeficient(set: String, count: Int, dimensions: Int)
  /// The last chunk of an Inception Score weighs as much as the others.
  case unequalChunks(last: Int, size: Int)
  /// A class has too few images in one of the sets for this metric.
  case tooFewInClass(label: Int, set: String, count: Int, needed: Int)

  public var description: String {
    switch self {
    case .rankDeficient(let set, let count, let dimensions):
      "\(set): \(count) images for \(dimensions) feature dimensions: the covariance is rank "
        + "deficient, and the distance says more about the number of images than about them"
    case .unequalChunks(let last, let size):
      "Inception Score: the last chunk holds \(last) images, the others \(size), and weighs as "
        + "much as they do"
    case .tooFewInClass(let label, let set, let count, let needed):
      "class \(label): \(count) images in \(set), at least \(needed) needed; left out"
    }
  }
}
