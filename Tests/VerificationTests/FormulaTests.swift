import TensorGraph
import Testing
import Verification

@Suite struct FormulaTests {
  struct Configuration: Decodable {
    struct Case: Decodable {
      let name: String
      let shape: [Int]
      let scale: Float
    }
    let cases: [Case]
  }

  @Test func checkValuesAgreeBitForBit() throws {
    let fixture = try Fixture<Configuration>("formula")
    for (index, item) in fixture.configuration.cases.enumerated() {
      var formula = WeightFormula(salt: try fixture.salt("all"))
      formula.runningVarianceScale = item.scale
      let values = try formula.weight(item.name, Shape(item.shape)).array()
      let key = index < 10 ? "0\(index)" : "\(index)"
      try fixture.expect("head/\(key)", equals: Array(values.prefix(16)))
      try fixture.expect("tail/\(key)", equals: Array(values.suffix(4)))
    }
    let formula = WeightFormula(salt: try fixture.salt("all"))
    try fixture.expect("input_u", equals: (0..<16).map { formula.uniform("input/demo", $0) })
    let root = Float(3.0.squareRoot())
    try fixture.expect("input_x", equals: (0..<16).map { formula.signed("input/demo", $0) * root })
  }

  @Test func aVectorWithoutARuleIsAnError() {
    #expect(throws: (any Error).self) { try WeightFormula(salt: "").weight("gain", [3]) }
  }
}
