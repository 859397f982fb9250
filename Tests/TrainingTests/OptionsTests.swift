import Diagnostics
import Testing
import Training

@Suite struct LearningRateScheduleTests {
  @Test func constantAfterWarmUp() {
    let schedule = LearningRateSchedule(decay: .constant, warmupSteps: 3)
    #expect((0..<6).map { schedule.rate($0, of: 6, peak: 4) } == [1, 2, 3, 4, 4, 4])
  }

  @Test func cosineEndsAtTheFinalFraction() {
    let schedule = LearningRateSchedule(decay: .cosine, warmupSteps: 1, finalFraction: 0.5)
    let rates = (0..<6).map { schedule.rate($0, of: 6, peak: 8) }
    #expect(rates[0] == 4)
    #expect(rates[1] == 8)
    #expect(abs(rates[3] - 6) < 1e-12)
    #expect(abs(rates[5] - 4) < 1e-12)
    #expect(zip(rates.dropFirst(), rates.dropFirst(2)).allSatisfy { $0 > $1 })
  }

  @Test func shortRunsStayFinite() {
    for total in 0..<3 {
      let schedule = LearningRateSchedule(decay: .cosine, warmupSteps: 2)
      for step in 0...total + 3 {
        #expect((0...1).contains(schedule.rate(step, of: total, peak: 1)))
      }
    }
  }
}

@Suite struct TrainingOptionsTests {
  @Test func accumulationDividesTheBatch() throws {
    var options = TrainingOptions()
    (options.batch, options.accumulation) = (12, 4)
    try options.validate()
    for wrong in [5, 0, -1] {
      options.accumulation = wrong
      #expect(throws: InvalidField.self) { try options.validate() }
    }
  }

  @Test func timeOffsetsLieWithinZeroAndOne() throws {
    var options = TimeOffsetOptions()
    try options.validate()
    for (lower, upper) in [(-0.1, 0.1), (0.2, 0.2), (0.3, 0.1), (0, 1), (0.5, .nan)] {
      (options.lower, options.upper) = (lower, upper)
      #expect(throws: InvalidField.self) { try options.validate() }
    }
    (options.lower, options.upper, options.distribution) = (0, 0.1, .logUniform)
    #expect(throws: InvalidField.self) { try options.validate() }
    options.lower = 0.01
    try options.validate()
  }
}
