import Diagnostics
import TensorGraph

/// Kind `formula`: values of the weight formula itself, which must agree bit for bit.
///
/// `head/<i>` and `tail/<i>` are the first and last values of `cases[i]`; `input_u` and
/// `input_x` are inputs as the formula makes them, named in `inputs` as `NAME: RULE`.
struct FormulaCheck: FixtureCheck {
  private struct Settings: Decodable {
    struct Case: Decodable {
      let name: String
      let shape: [Int]
      /// Hexadecimal.
      let seed: String?
      /// Of a running variance.
      let scale: Float?
    }
    let cases: [Case]?
    let inputs: [String]?
  }

  private let fixture: Fixture
  private let settings: Settings
  private let formula: WeightFormula

  static func isInput(_ name: String) -> Bool { false }

  init(_ fixture: Fixture, executor: any Executor) throws {
    self.fixture = fixture
    settings = try fixture.configuration(Settings.self)
    formula = try fixture.formula("all", "model", "inputs")
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    var outputs: [String: ComputedTensor] = [:]
    for name in names {
      let parts = name.split(separator: "/", maxSplits: 1)
      let count = try fixture.expected(name).values.count
      let values: [Float]?
      if parts.count == 2, let index = Int(parts[1]), parts[0] == "head" || parts[0] == "tail" {
        values = try self.values(case: index, count: count, isHead: parts[0] == "head")
      } else {
        values = try input(name, count: count)
      }
      if let values { outputs[name] = ComputedTensor(values.map(Double.init)) }
    }
    return outputs
  }

  /// The hashes that the values begin from.
  func otherResults() -> [CheckResult] {
    (settings.cases ?? []).enumerated().compactMap { index, item in
      guard let expected = item.seed else { return nil }
      let seed = String(formula.seed(item.name), radix: 16)
      let isEqual = UInt64(expected, radix: 16) == formula.seed(item.name)
      return CheckResult(
        "seed of case \(index)", failure: isEqual ? nil : "\(seed) instead of \(expected)")
    }
  }

  private func values(case index: Int, count: Int, isHead: Bool) throws -> [Float]? {
    guard let item = settings.cases?.indices.contains(index) == true ? settings.cases?[index] : nil
    else { return nil }
    let shape = Shape(item.shape)
    guard item.shape.allSatisfy({ $0 > 0 }), shape.elementCount < .max else {
      throw InputError(
        "\(fixture.path): metadata 'config', config.cases[\(index)].shape",
        expected: "sizes above 0 with a product below 2^63", found: "\(item.shape)")
    }
    var formula = formula
    formula.runningVarianceScale = item.scale ?? 1
    let size = shape.elementCount
    let taken = min(count, size)
    return try formula.elements(
      isHead ? 0..<taken : size - taken..<size, of: item.name, shape)
  }

  private func input(_ name: String, count: Int) throws -> [Float]? {
    for entry in settings.inputs ?? [] {
      guard let colon = entry.lastIndex(of: ":") else { continue }
      let source = String(entry[..<colon])
      switch (name, entry[entry.index(after: colon)...].filter { !" ()".contains($0) }) {
      case ("input_u", "u"):
        return (0..<count).map { formula.uniform(source, $0) }
      case ("input_x", "s*sqrt3"):
        let root = Float(3.0.squareRoot())
        return (0..<count).map { formula.signed(source, $0) * root }
      default: continue
      }
    }
    return nil
  }
}
