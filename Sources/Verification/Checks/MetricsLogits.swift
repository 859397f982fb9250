import Diagnostics
import Evaluation
import Randomness

/// Inception Scores of a fixture's logits, which are not stored: logits[n, c] is
/// 2·(s·√3) in float32, s being element n·C + c of 'input/metrics/logits' in the weight
/// formula, and 6 more where c is 37·n modulo `period`.
///
/// Results: `logits_probe`, `logits_sum`; `is_adm_split` and `is_adm_<chunk>`;
/// `is_fidelity_mean` and `_std`, with `_shuffled` of rows in the order `is_permutation`.
struct MetricsLogits {
  struct Settings: Decodable {
    let N: Int
    let C: Int
    let adm_split: Int?
    let period: Int
  }

  /// As many are made in seconds.
  private static let limit = 1 << 26

  private let fixture: Fixture
  private let settings: Settings
  private let formula: WeightFormula
  private let seed: UInt32

  init(_ fixture: Fixture, _ settings: Settings, seed: UInt32) throws {
    let size = settings.N.multipliedReportingOverflow(by: settings.C)
    guard settings.N > 0, settings.C > 0, settings.period > 0, !size.overflow,
      size.partialValue <= Self.limit
    else {
      throw InputError(
        "\(fixture.path): metadata 'config', config.logits",
        expected: "N, C and period of 1 or more, N·C at most \(Self.limit)",
        found: "\(settings.N), \(settings.C) and \(settings.period)")
    }
    self.fixture = fixture
    self.settings = settings
    self.seed = seed
    formula = try fixture.formula("inputs", "all")
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let logits = try logits()
    var outputs: [String: ComputedTensor] = [:]
    for name in names { outputs[name] = try output(name, logits) }
    return outputs
  }

  private func output(_ name: String, _ logits: FeatureMatrix) throws -> ComputedTensor? {
    switch name {
    case "logits_sum":
      return ComputedTensor([logits.values.reduce(0) { $0 + Double($1) }])
    case "logits_probe":
      let half = try fixture.expected(name).values.count / 2
      let values = logits.values.prefix(half) + logits.values.suffix(half)
      return ComputedTensor(values.map(Double.init))
    case "is_permutation":
      var random = NumPyRandomState(seed: seed)
      return ComputedTensor(random.permutation(settings.N).map(Double.init))
    case "is_adm_split":
      return try settings.adm_split.map {
        ComputedTensor([try score(.adm(chunk: $0), logits).value])
      }
    default:
      if name.hasPrefix("is_adm_"), let chunk = Int(name.dropFirst(7)) {
        return ComputedTensor([try score(.adm(chunk: chunk), logits).value])
      }
      guard name.hasPrefix("is_fidelity_") else { return nil }
      switch name.dropFirst(12) {
      case "mean": return ComputedTensor([try score(.fidelity(seed: nil), logits).value])
      case "std":
        return ComputedTensor([try score(.fidelity(seed: nil), logits).standardDeviation])
      case "mean_shuffled":
        return ComputedTensor([try score(.fidelity(seed: seed), logits).value])
      case "std_shuffled":
        return ComputedTensor([try score(.fidelity(seed: seed), logits).standardDeviation])
      default: return nil
      }
    }
  }

  private func score(_ rule: InceptionScoreProtocol, _ logits: FeatureMatrix) throws
    -> InceptionScore
  {
    var sums = try InceptionScoreSums(rule, classes: settings.C, total: settings.N)
    try sums.add(logits)
    return try sums.score()
  }

  private func logits() throws -> FeatureMatrix {
    let root = Float(3.0.squareRoot())
    var values = formula.signed("input/metrics/logits", count: settings.N * settings.C)
    for index in values.indices { values[index] = 2 * (values[index] * root) }
    for n in 0..<settings.N {
      // 37·n stays far below overflow, N being limited.
      let favoured = 37 * n % settings.period
      if favoured < settings.C { values[n * settings.C + favoured] += 6 }
    }
    return try FeatureMatrix("logits", rows: settings.N, columns: settings.C, values: values)
  }
}
