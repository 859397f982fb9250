/// What is left to do of a plan.
struct StepQueue {
  /// Steps that can be begun, in the order of the plan; those that tolerate nothing beside them
  /// come last.
  private(set) var ready: [Step] = []
  /// Steps that wait for others.
  private(set) var waiting: [Step] = []
  /// Steps that cannot be done because another one failed, with its error.
  private(set) var blocked: [String: String] = [:]
  /// Steps that failed themselves, with their errors.
  private(set) var failed: [String: String] = [:]

  var isEmpty: Bool { ready.isEmpty && waiting.isEmpty }

  /// - Parameters:
  ///   - targets: evaluations and timings; what they no longer need is not asked for.
  ///   - hasProduct: whether a step that is done still has what it made.
  init(
    _ plan: SweepPlan, targets: [String], records: [String: StepRecord],
    hasProduct: (Step) -> Bool
  ) {
    var wanted: Set<String> = []
    var stack = targets
    func isDone(_ hash: String) -> Bool {
      guard let step = plan.steps[hash] else { return false }
      return records[hash]?.status == .done && hasProduct(step)
    }
    while let hash = stack.popLast() {
      guard !isDone(hash), wanted.insert(hash).inserted else { continue }
      stack += plan.steps[hash]?.needs ?? []
    }
    for hash in plan.order where wanted.contains(hash) {
      guard let step = plan.steps[hash] else { continue }
      if let record = records[hash], record.status == .failed {
        failed[hash] = record.error ?? "failed"
        continue
      }
      func isLost(_ need: String) -> Bool { failed[need] != nil || blocked[need] != nil }
      // Times are taken of the cells that there are.
      let culprit = step.kind == .timing ? nil : step.needs.first(where: isLost)
      if let culprit {
        blocked[hash] = failed[culprit] ?? blocked[culprit]
      } else if step.needs.allSatisfy({ !wanted.contains($0) || isLost($0) }) {
        ready.append(step)
      } else {
        waiting.append(step)
      }
    }
    ready = ready.filter { !$0.isExclusive } + ready.filter(\.isExclusive)
  }
}
