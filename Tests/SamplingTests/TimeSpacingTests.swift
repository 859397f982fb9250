import Diagnostics
import Foundation
import Testing

@testable import Sampling

@Suite struct TimeSpacingTests {
  @Test func readsAndWrites() throws {
    #expect(try TimeSpacing("uniform") == .uniform)
    #expect(try TimeSpacing("cosine") == .cosine)
    #expect(try TimeSpacing("shift:3") == .shift(3))
    #expect(try TimeSpacing("0, 0.25,1") == .list([0, 0.25, 1]))
    for text in ["uniform", "cosine", "shift:3.0", "0.0,0.25,1.0"] {
      #expect(try TimeSpacing(text).description == text)
    }
  }

  @Test(arguments: [
    (
      "sine",
      "times 'sine': expected uniform, cosine, shift: 3.0 or a list from 0 to 1, found 'sine'"
    ),
    ("shift:0", "times 'shift:0': expected a shift from 0.01 to 100, found '0'"),
    ("shift:nan", "times 'shift:nan': expected a shift from 0.01 to 100, found 'nan'"),
    ("0,2,1", "times '0,2,1': expected numbers from 0 to 1, found '2'"),
    ("0,,1", "times '0,,1': expected numbers from 0 to 1, found ''"),
    ("0.1,1", "times '0.1,1': expected times from 0 to 1, found 0.1 to 1.0"),
    (
      "0,0.5,0.5,1",
      "times '0,0.5,0.5,1': expected times that increase, in float32, found 0.5 after 0.5"
    ),
  ])
  func errorsSayWhatIsWrong(text: String, message: String) {
    #expect {
      try TimeSpacing(text)
    } throws: {
      ($0 as? InputError)?.description == message
    }
  }

  @Test func spacingsAreWhatTheyAreCalled() throws {
    #expect(try TimeGrid(steps: 4).times == [0, 0.25, 0.5, 0.75, 1])
    let cosine = try TimeGrid(steps: 4, spacing: .cosine).times
    for (found, expected) in zip(cosine, [0, 0.146447, 0.5, 0.853553, 1]) {
      #expect(abs(Double(found) - expected) < 1e-6)
    }
    // Stable Diffusion 3 counts from data: t′ = 3·t/(1 + 2·t) at 3/4 is 0.9, here 0.1.
    let shifted = try TimeGrid(steps: 4, spacing: .shift(3)).times
    for (found, expected) in zip(shifted, [0, 0.1, 0.25, 0.5, 1]) {
      #expect(abs(Double(found) - expected) < 1e-6)
    }
    let same = try TimeGrid(steps: 4, spacing: .shift(1)).times
    #expect(same == [0, 0.25, 0.5, 0.75, 1])
  }

  @Test func timesMustSuitThePlan() throws {
    var settings = SolverSettings()
    settings.times = .list([0, 0.5, 1])
    try SamplingPlan("H1P1").validate(settings)
    #expect(
      throws: InvalidField("times", expected: "5 times for the plan's 4 steps", found: "3")
    ) {
      try SamplingPlan("H4").validate(settings)
    }
    // So short steps that float32 cannot tell them apart.
    settings.times = .cosine
    #expect(throws: InvalidField.self) { try SamplingPlan("euler:10000").validate(settings) }
    #expect(throws: InvalidField.self) { try ToyFlow.sampler("euler:10000", settings: settings) }
  }

  /// The last step of a stochastic plan takes its own share.
  @Test func stochasticTimesEndEarly() throws {
    var settings = SolverSettings()
    let times = try SamplingPlan("sde:4").grid(settings).times
    for (found, expected) in zip(times, [0, 0.32, 0.64, 0.96, 1]) {
      #expect(abs(Double(found) - expected) < 1e-6)
    }
    settings.diffusion.form = .sbdm
    #expect(try SamplingPlan("sde:4").grid(settings).times[0] == 1e-3)
    settings.diffusion.lastStep = .none
    #expect(try SamplingPlan("sde:4").grid(settings).times.dropFirst() == [0.25, 0.5, 0.75, 1])
  }
}
