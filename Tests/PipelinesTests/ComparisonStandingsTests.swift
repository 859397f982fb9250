import Sampling
import Testing

@testable import Pipelines

@Suite struct ComparisonStandingsTests {
  private func result(
    _ plan: String, _ evaluations: Double, _ milliseconds: Double, _ rmse: Double,
    fid: Double? = nil
  ) -> PlanComparison.Result {
    PlanComparison.Result(
      plan: plan, family: plan.prefix { $0 != ":" }.description, predictorEvaluations: evaluations,
      refinerEvaluations: 0, millisecondsPerImage: milliseconds, latentRMSE: rmse, grid: "",
      metrics: fid.map { ["fid": $0] })
  }

  /// At the budget as run, between two plans interpolated, beyond both nothing.
  @Test func placesAreInterpolatedAndNeverExtrapolated() throws {
    let results = [
      result("a:8", 8, 10, 0.1, fid: 5), result("b:4", 4, 5, 0.4, fid: 8),
      result("b:16", 16, 20, 0.1, fid: 6), result("c:6", 6, 10.4, 0.3), result("d:9", 9, 12, 0.2),
    ]
    let evaluations = ComparisonStandings.all(.evaluations, results)
    #expect(evaluations.map(\.budget) == [8])
    let even = try #require(evaluations.first)
    #expect(even.places.map(\.family) == ["a", "b"] && even.absent == ["c", "d"])
    // Half-way in logarithms from 4 to 16.
    #expect(abs(even.places[1].latentRMSE - 0.2) < 1e-12)
    #expect(abs((even.places[1].metrics["fid"] ?? 0) - 7) < 1e-12)
    #expect(even.places[1].plans.map(\.plan) == ["b:4", "b:16"])
    #expect(abs(even.places[1].milliseconds - 10) < 1e-12)
    // 10.4 ms are 10 within what can be told.
    let time = try #require(ComparisonStandings.all(.time, results).first)
    #expect(time.places.map(\.family) == ["a", "b", "c"] && time.absent == ["d"])
    #expect(time.places[2].plans.map(\.plan) == ["c:6"])
    #expect(ComparisonStandings.all(.time, []).isEmpty)
  }

  @Test func familiesAreWhatPlansOfOtherLengthsShare() throws {
    let all = SolverSettings()
    var own = all
    (own.adaptive.per, own.relativeTolerance) = (.batch, 0.5)
    func family(_ plan: String, _ settings: SolverSettings) throws -> String {
      PlanComparison.Result.family(
        try SamplingPlan(plan), variant: "own", settings, of: all)
    }
    #expect(try family("euler:8", own) == "euler")
    #expect(try family("[H1P1]x3", all) == "FlowTurbo")
    #expect(try family("bs3", all) == "bs3")
    #expect(try family("bs3", own) == "bs3, per batch")
    #expect(try family("adaptive:8", own) == "adaptive, per batch")
    #expect(try family("adaptive", all) == "adaptive, C given")
    own.diffusion.norm = 2
    own.times = .shift(3)
    #expect(try family("sde:8", own) == "sde, times shift:3.0, own")
  }
}
