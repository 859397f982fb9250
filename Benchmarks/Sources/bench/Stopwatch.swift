/// Times of pieces of work that take turns, so that a machine whose speed drifts
/// slows all of them alike.
struct Stopwatch {
  /// The shortest of `rounds` turns of each piece, in seconds, after one unmeasured turn.
  static func shortest(rounds: Int, _ pieces: [() throws -> Void]) throws -> [Double] {
    for piece in pieces { try piece() }
    var best = [Double](repeating: .infinity, count: pieces.count)
    for _ in 0..<rounds {
      for (index, piece) in pieces.enumerated() {
        let start = ContinuousClock.now
        try piece()
        best[index] = min(best[index], (ContinuousClock.now - start) / .seconds(1))
      }
    }
    return best
  }
}
