import Diagnostics
import Foundation
import Storage
import Testing

/// `ablate` as users start it: alone, killed, and beside another one.
@Suite(.serialized) struct AblateCommandTests {
  static let configuration = """
    output: sweep
    base:
      train-refiner:
        data:
          latents: latents/latents.h5
        teacher: {weights: predictor/predictor.safetensors}
        training: {\(TinyRuns.training)}
      sample:
        predictor: {weights: predictor/predictor.safetensors}
        vae: {weights: vae/vae.safetensors}
        sampling: {plan: H1R1, count: 20, batch: 5, guidance: 1.5, labels: balanced}
      evaluate:
        evaluate:
          protocol: features
          weights: features/features.safetensors
          metrics: [fid]
    reference: {perClass: 2, size: 16, seed: 1}
    timing: {rounds: 3, batch: 2}
    studies:
      ranges:
        title: Ranges
        timed: true
        grid:
          train-refiner.training.offset.range: [[0.0, 0.1], [0.0, 0.2]]
          sample.sampling.plan: [H1R1, H1P1R1]
    """

  private static let arguments = ["--config", "ablation.yaml", "--resume", "--threads", "1"]

  private static func newPlace() throws -> Workplace {
    let place = try TinyRuns.place(with: ["vae", "latents", "predictor", "features"])
    try place.write(configuration, to: "ablation.yaml")
    return place
  }

  /// What does not say how long anything took.
  private static func lasting(_ place: Workplace) throws -> ResultsDocument {
    var document = try ResultsDocument(path: place.path("sweep/results.h5"))
    document.tables = document.tables.map { table in
      ResultTable(
        table.path, title: table.title,
        columns: table.columns.filter {
          !$0.name.hasPrefix("time_") && !$0.name.hasPrefix("seconds_")
            && $0.name != "memory_measured"
        })
    }
    return document
  }

  private static let undisturbed: Result<ResultsDocument, any Error> = Result {
    let place = try newPlace()
    try place.succeed(.ablate, arguments)
    return try lasting(place)
  }

  private func expectUndisturbed(
    _ place: Workplace, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (expected, found) = (try Self.undisturbed.get(), try Self.lasting(place))
    #expect(found.tables == expected.tables, sourceLocation: sourceLocation)
    #expect(found.pictures == expected.pictures, sourceLocation: sourceLocation)
    #expect(found[table: "tables/ranges"]?.rows == 4, sourceLocation: sourceLocation)
    #expect(
      found.tables.count { $0.path.hasPrefix("curves/") } == 4, sourceLocation: sourceLocation)
  }

  /// Killed or stopped at moments of a seeded draw, while somebody reads the results all along.
  @Test func killedAtAnyMomentItEndsWithTheSameTable() throws {
    let place = try Self.newPlace()
    var random = SystemMoments(state: 20)
    var endings: [Int32] = []
    // `make test-slow` kills twenty times at least.
    let isSlow = ProcessInfo.processInfo.environment["SLOW_TESTS"] != nil
    let (limit, span): (Int, UInt64) = isSlow ? (60, 400) : (6, 900)
    while endings.count < limit, endings.last != 0 {
      let running = try place.start(.ablate, Self.arguments)
      let moment = ContinuousClock.now + .milliseconds(Int(random.next() % span))
      running.wait {
        if place.exists("sweep/results.h5") {
          #expect(throws: Never.self) {
            _ = try ResultsDocument(path: place.path("sweep/results.h5"))
          }
        }
        return ContinuousClock.now >= moment
      }
      running.send(random.next().isMultiple(of: 3) ? SIGTERM : SIGKILL)
      let ending = running.ending()
      #expect([0, 3, -SIGKILL].contains(ending.code), "\(ending.errors)")
      if ending.code == 3 { #expect(ending.errors.contains("--resume")) }
      endings.append(ending.code)
    }
    let hits = endings.count { $0 != 0 }
    #expect(hits >= (isSlow ? 20 : 1), "\(hits) runs were hit by their signal")
    try place.succeed(.ablate, Self.arguments)
    try expectUndisturbed(place)
  }

  /// Two processes do every step once, and each waits for the other before times are taken.
  @Test func twoProcessesShareASweep() throws {
    let place = try Self.newPlace()
    let (one, two) = (
      try place.start(.ablate, Self.arguments), try place.start(.ablate, Self.arguments)
    )
    let endings = [one.ending(), two.ending()]
    #expect(endings.map(\.code) == [0, 0], "\(endings.map(\.errors))")
    try expectUndisturbed(place)
    // Both say what they do: a line that begins with the step's hash.
    let steps = try FileManager.default.contentsOfDirectory(atPath: place.path("sweep/steps"))
    for step in steps {
      let mentions = endings.reduce(0) { count, ending in
        count + ending.output.split(separator: "\n").count { $0.hasPrefix("\(step.prefix(8)) ") }
      }
      #expect(mentions == 1, "\(step)")
    }
    #expect(steps.count == 13)
  }

  /// In processes of their own, where nothing else takes memory.
  @Test func largerBatchesTakeMoreMemory() throws {
    let place = try Self.newPlace()
    let studies =
      "studies={memory: {title: Memory, timed: true, cells: {one: "
      + "{sample.sampling.plan: H1}, two: {sample.sampling.plan: H2}}}}"
    func memory(_ batch: Int) throws -> [Double] {
      try place.succeed(
        .ablate, Self.arguments + ["--set", studies, "--set", "timing.batch=\(batch)"])
      let document = try ResultsDocument(path: place.path("sweep/results.h5"))
      let column = document[table: "tables/memory"]?["memory_measured"]
      #expect(column?.unit == "byte")
      guard case .numbers(let values)? = column?.values else { return [] }
      return values
    }
    let (small, large) = (try memory(2), try memory(1024))
    try #require(small.count == 2 && large.count == 2)
    for (small, large) in zip(small, large) { #expect(small > 0 && large > small + 4_000_000) }
  }

  @Test func dryRunDoesNothing() throws {
    let place = try Self.newPlace()
    let ending = try place.succeed(.ablate, Self.arguments + ["--dry-run"])
    #expect(ending.output.contains("Nothing was run. What is left:"))
    #expect(ending.output.contains("[0.0, 0.2], H1P1R1"))
    #expect(!place.exists("sweep"))
    let wrong = try place.run(
      .flowturbo, ["ablate"] + Self.arguments + ["--set", "base.sample.sampling.plann=H1"])
    #expect(wrong.code == 2)
    #expect(wrong.errors.contains("did you mean base.sample.sampling.plan?"))
    #expect(!place.exists("sweep"))
  }
}

/// Moments that are the same in every run of the test.
private struct SystemMoments {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
}
