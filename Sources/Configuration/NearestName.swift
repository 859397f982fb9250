/// The name a user probably meant by `text`, or nil when none is near.
///
/// Letter case, `_` and `-` do not count (`learning_rate` is `learningRate`), a name
/// that begins another is near (`batchSize` and `batch`), and otherwise up to one edit
/// in three letters is.
func nearestName(to text: String, among names: [String]) -> String? {
  let wanted = folded(text)
  var best: (name: String, distance: Int)?
  for name in names {
    let candidate = folded(name)
    let distance =
      candidate != wanted && (beginsWith(wanted, candidate) || beginsWith(candidate, wanted))
      ? 1 : editDistance(wanted, candidate)
    if distance <= max(1, candidate.count / 3), distance < best?.distance ?? .max {
      best = (name, distance)
    }
  }
  return best?.name
}

/// Lower-case letters of at most 64 characters: enough for a name, bounded for the rest.
private func folded(_ text: String) -> [Character] {
  Array(text.prefix(64).lowercased().filter { $0 != "_" && $0 != "-" })
}

private func beginsWith(_ text: [Character], _ start: [Character]) -> Bool {
  start.count >= 3 && text.starts(with: start)
}

/// Damerau–Levenshtein distance (optimal string alignment): insertions, deletions,
/// substitutions and swaps of neighbours.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var before = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in 1...a.count {
    var current = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      current[j] = min(
        previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        current[j] = min(current[j], before[j - 2] + 1)
      }
    }
    (before, previous) = (previous, current)
  }
  return previous[b.count]
}
