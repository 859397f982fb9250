import Diagnostics
import Models
import TensorGraph
import Testing

@Suite struct ParameterTests {
  /// Counts of the published checkpoints; the configuration's own arithmetic agrees.
  @Test func countsAreThePublishedOnes() throws {
    let predictor = try SiT(SiTConfiguration(named: "XL/2"))
    #expect(predictor.parameters.valueCount == 675_129_632)
    #expect(predictor.configuration.parameterCount == 675_129_632)

    var configuration = predictor.configuration
    (configuration.depth, configuration.velocityInput) = (1, true)
    let refiner = try VelocityRefiner(configuration)
    #expect(refiner.parameters.valueCount == 29_708_960)
    #expect(refiner.configuration.parameterCount == 29_708_960)

    let autoencoder = try AutoencoderKL(AutoencoderConfiguration())
    #expect(autoencoder.parameters.valueCount == 83_653_863)
    #expect(autoencoder.configuration.parameterCount == 83_653_863)
  }

  @Test func pathsAreUnique() throws {
    for parameters in try [
      SiT(SiTConfiguration()).parameters, AutoencoderKL(AutoencoderConfiguration()).parameters,
    ] {
      #expect(Set(parameters.map(\.path)).count == parameters.count)
    }
  }

  @Test func onlyThePositionTableIsFrozen() throws {
    let frozen = try SiT(SiTConfiguration()).parameters.filter { !$0.isTrainable }
    #expect(frozen.map(\.path) == ["pos_embed"])
  }

  @Test func aMismatchListsAllFaultsInOneError() {
    let parameters = [
      Parameter("a.weight", [2, 3], .zeros), Parameter("a.bias", [2], .zeros),
      Parameter("b.weight", [4], .ones),
    ]
    #expect(throws: Never.self) {
      try parameters.check(["a.weight": [2, 3], "a.bias": [2], "b.weight": [4]], in: "good")
    }
    let error = #expect(throws: InputError.self) {
      try parameters.check(["a.weight": [3, 2], "b.weight": [4], "c.weight": [1]], in: "w.pt")
    }
    #expect(
      error?.description
        == "w.pt: weights do not fit the model: 1 missing: a.bias [2]; 1 unexpected: c.weight; "
        + "1 misshapen: a.weight is [3, 2], should be [2, 3]; "
        + "check that the configuration is that of the checkpoint")
  }

  @Test func aLongListIsCutShort() {
    let parameters = (0..<20).map { Parameter("p\($0)", [1], .zeros) }
    let error = #expect(throws: InputError.self) { try parameters.check([:], in: "w") }
    #expect(error?.description.contains("20 missing: p0 [1]") == true)
    #expect(error?.description.contains("p7 [1], … (12 more)") == true)
    #expect(error?.description.contains("p8 [1]") == false)
  }
}
