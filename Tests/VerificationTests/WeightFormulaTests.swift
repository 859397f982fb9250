import Diagnostics
import TensorGraph
import Testing

@testable import Verification

@Suite struct WeightFormulaTests {
  @Test func elementsAreThoseOfTheWholeWeight() throws {
    let formula = WeightFormula(salt: "salt")
    // More than one chunk.
    let whole = try formula.weight("a.weight", [300, 450]).array()
    #expect(try formula.elements(0..<7, of: "a.weight", [300, 450]) == Array(whole.prefix(7)))
    #expect(
      try formula.elements(134_990..<135_000, of: "a.weight", [300, 450])
        == Array(whole.suffix(10)))
  }

  @Test func aVectorWithoutARuleIsAnError() {
    #expect(throws: InputError.self) { try WeightFormula(salt: "").weight("gain", [3]) }
  }

  @Test func hugeShapesOfCasesTakeNoMemory() throws {
    var fixture = EditedFixture(
      kind: "formula",
      config: ["cases": [["name": "a.weight", "shape": [1 << 30, 1 << 30], "scale": 1]]])
    fixture.metadata["salts"] = ["all": "s"]
    let formula = WeightFormula(salt: "s")
    let size = 1 << 60
    fixture.store(
      "tail/00", [4], try formula.elements(size - 4..<size, of: "a.weight", [1 << 30, 1 << 30]))
    #expect(try fixture.verify().failing == [])
    fixture.configure { $0["cases"] = [["name": "a.weight", "shape": [1 << 40, 1 << 40]]] }
    expectInputError("config.cases[0].shape") { _ = try fixture.verify() }
  }

  @Test func aWrongSeedFails() throws {
    var fixture = try EditedFixture("formula")
    fixture.configure { config in
      var cases = config["cases"] as? [[String: Any]] ?? []
      cases[3]["seed"] = "1"
      config["cases"] = cases
    }
    #expect(try fixture.verify().failing == ["seed of case 3"])
  }
}
