import Diagnostics

/// One step of a sampling plan. See ``SamplingPlan`` for what each evaluates.
public enum SamplingBlock: Character, Sendable, CaseIterable {
  /// H: a Heun step with both slopes from the predictor.
  case heun = "H"
  /// P: a Heun step whose first slope is the velocity the block before handed on.
  case pseudoCorrector = "P"
  /// R: a step along the last velocity, corrected by the refiner.
  case refiner = "R"
}

/// How a refiner block uses the refiner.
public enum RefinerVariant: String, Sendable, CaseIterable {
  /// Both calls get the velocity handed over: samples the published pictures.
  case block
  /// The second call gets the first slope.
  case integrator
  /// One call and one Euler step.
  case euler

  /// Evaluations of the refiner per block.
  public var evaluationsPerBlock: Int {
    switch self {
    case .block, .integrator: 2
    case .euler: 1
    }
  }
}

/// Evaluations of the networks per sample; guidance does not change the counts.
public struct EvaluationCount: Sendable, Equatable {
  public var predictor: Int
  public var refiner: Int

  public init(predictor: Int, refiner: Int) {
    self.predictor = predictor
    self.refiner = refiner
  }
}

/// The steps that lead from noise (t = 0) to data (t = 1).
///
/// Blocks (FlowTurbo) are written as letters with counts, `H4P3R2`, in any order, and
/// groups repeat: `[H1P1R1]x3`. Solvers are written `euler:8`, those that choose how many steps
/// they take `dopri5`. `description` is the canonical form, which parses back to an equal plan.
public enum SamplingPlan: Sendable, Equatable {
  case blocks([SamplingBlock])
  case solver(SolverName, steps: Int)

  /// More steps are refused; a group can otherwise grow without bound.
  public static let maximumSteps = 10_000

  /// - Throws: `InputError` naming the offending character, its position (from 1) and
  ///   what would be valid.
  public init(_ text: String) throws {
    if let solver = SolverName(rawValue: text) {
      guard solver.isAdaptive else {
        throw InputError(
          "plan '\(text)'", expected: "a number of steps, as in \(text):8", found: "none")
      }
      self = .solver(solver, steps: 1)
    } else if let colon = text.firstIndex(of: ":") {
      self = try Self.solver(
        named: text[..<colon], steps: text[text.index(after: colon)...], in: text)
    } else {
      var parser = SamplingPlanParser(text)
      self = .blocks(try parser.parse())
    }
  }

  /// The number of steps, one less than the number of times on the grid. An adaptive
  /// solver's are the times at which it gives latents.
  public var steps: Int {
    switch self {
    case .blocks(let blocks): blocks.count
    case .solver(_, let steps): steps
    }
  }

  /// Whether samples take random draws beside their first noise.
  public var isStochastic: Bool {
    if case .solver(let name, _) = self { name.isStochastic } else { false }
  }

  /// Whether a solver chooses its steps' lengths.
  public var isAdaptive: Bool {
    if case .solver(let name, _) = self { name.isAdaptive } else { false }
  }

  /// The rule of a plan that follows its embedded error.
  var embeddedPair: (any EmbeddedPair)? {
    if case .solver(let name, _) = self { name.embeddedPair } else { nil }
  }

  /// Whether a refiner is needed.
  public var usesRefiner: Bool {
    switch self {
    case .blocks(let blocks): blocks.contains(.refiner)
    case .solver: false
    }
  }

  /// The evaluations this plan takes. A P or R block that comes first has no velocity
  /// yet: it evaluates the predictor once more. Nil where a solver decides as it goes.
  public func evaluations(refinerVariant: RefinerVariant = .block) -> EvaluationCount? {
    switch self {
    case .solver(let name, let steps):
      return name.evaluations(steps: steps).map { EvaluationCount(predictor: $0, refiner: 0) }
    case .blocks(let blocks):
      var count = EvaluationCount(predictor: 0, refiner: 0)
      if let first = blocks.first, first != .heun { count.predictor += 1 }
      for block in blocks {
        switch block {
        case .heun: count.predictor += 2
        case .pseudoCorrector: count.predictor += 1
        case .refiner: count.refiner += refinerVariant.evaluationsPerBlock
        }
      }
      return count
    }
  }

  private static func solver(named name: Substring, steps: Substring, in text: String) throws
    -> Self
  {
    guard let solver = SolverName(rawValue: String(name)) else {
      let names = SolverName.allCases.map(\.rawValue).joined(separator: ", ")
      throw InputError(
        "plan '\(text.prefix(60))': unknown solver '\(name.prefix(40))'; valid solvers: \(names)")
    }
    let isNumber = !steps.isEmpty && steps.allSatisfy { $0.isASCII && $0.isNumber }
    // One evaluation leaves nothing to choose; `adaptive` alone is told C.
    let least = solver == .adaptive ? 2 : 1
    guard isNumber, let count = Int(steps), (least...maximumSteps).contains(count) else {
      throw InputError(
        "plan '\(text.prefix(60))'",
        expected: "\(least) to \(maximumSteps) steps after '\(solver.rawValue):'",
        found: "'\(steps.prefix(40))'")
    }
    return .solver(solver, steps: count)
  }
}

extension SamplingPlan: CustomStringConvertible {
  public var description: String {
    switch self {
    case .solver(let name, let steps):
      return name.isAdaptive && steps == 1 ? name.rawValue : "\(name.rawValue):\(steps)"
    case .blocks(let blocks):
      // The shortest group that repeated gives the plan, when it holds several letters.
      let period = (1...max(1, blocks.count)).first { period in
        blocks.count.isMultiple(of: period)
          && zip(blocks, blocks.dropFirst(period)).allSatisfy { $0 == $1 }
      }
      guard let period, period > 1, period < blocks.count else { return Self.letters(blocks[...]) }
      return "[\(Self.letters(blocks.prefix(period)))]x\(blocks.count / period)"
    }
  }

  private static func letters(_ blocks: ArraySlice<SamplingBlock>) -> String {
    var text = ""
    var rest = blocks
    while let block = rest.first {
      let run = rest.prefix { $0 == block }
      text += "\(block.rawValue)\(run.count)"
      rest = rest.dropFirst(run.count)
    }
    return text
  }
}
