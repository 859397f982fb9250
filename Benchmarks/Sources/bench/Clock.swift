/// Times of pieces of work.
enum Clock {
  /// Seconds that `body` takes.
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// Seconds of one run of `body`, the mean of as many as fill a moment: the clock and the
  /// caller's own work between short ones would count otherwise.
  static func turn(atLeast moment: Double = 0.2, _ body: () throws -> Void) rethrows -> Double {
    var (total, count) = (0.0, 0)
    repeat {
      total += try seconds(body)
      count += 1
    } while total < moment
    return total / Double(count)
  }
}
