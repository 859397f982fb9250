import Diagnostics
import Sampling
import Testing

@Suite struct LabelPolicyTests {
  @Test func readsAndWrites() throws {
    #expect(try LabelPolicy("random") == .random)
    #expect(try LabelPolicy("balanced") == .balanced)
    #expect(try LabelPolicy("0-3, 207,9,10") == .classes([0, 1, 2, 3, 207, 9, 10]))
    for text in ["random", "balanced", "0-9", "7", "0-3,207,9,10", "3,2,1", "5,5,5"] {
      #expect(try LabelPolicy(text).description == text)
    }
  }

  @Test(arguments: [
    "", "Random", "1,", "-1", "3-1", "1-2-3", "a", "0-1000000000", "99999999999999999999",
    "1000000", "9223372036854775807", "9223372036854775806-9223372036854775807",
  ])
  func refusesOtherTexts(_ text: String) {
    #expect(throws: InputError.self) { try LabelPolicy(text) }
  }

  /// Runs of numbers end where numbers do.
  @Test func printsAnyNumbers() {
    #expect(
      LabelPolicy.classes([.max - 2, .max - 1, .max]).description == "\(Int.max - 2)-\(Int.max)")
    #expect(
      LabelPolicy.classes([.max, .min, .min + 1]).description.split(separator: ",").count == 3)
  }

  @Test func classesAreHeldToTheModel() throws {
    try LabelPolicy("0-9").validate(classes: 10)
    try LabelPolicy.random.validate(classes: 1)
    #expect(throws: InvalidField("sampling.labels", expected: "classes from 0 to 8", found: "9")) {
      try LabelPolicy("0-9").validate(classes: 9)
    }
  }

  @Test func indicesLieWithinTheCount() throws {
    var options = SamplingOptions()
    options.count = 10
    options.indices = 0..<10
    try options.validate()
    for wrong in [0..<11, 3..<3, -1..<2] {
      options.indices = wrong
      #expect(throws: InvalidField.self) { try options.validate() }
    }
  }
}
