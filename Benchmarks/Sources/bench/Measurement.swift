import TensorGraph

/// What was found out about one row in one precision.
struct Measurement: Codable {
  /// A piece of the row measured by itself.
  struct Part: Codable {
    let name: String
    /// How many of them are in one run.
    let count: Int
    let seconds: Spread
  }

  let name: String
  let title: String
  let precision: Precision
  let count: Int
  let multiplyAdds: Double
  let nodes: Int
  let nodeLimit: Int
  /// Seconds of one run, and of compiling and packing before the first one; the first one.
  let seconds: Spread
  let compileSeconds: Double
  let firstRunSeconds: Double
  /// Share of the peak in each round, measured before and after the row in that round.
  let share: Spread
  /// Shortest run beside the shortest peak: what is left when neither was disturbed.
  let shareOfShortest: Double
  let target: Double?
  let weightBytes: Int
  let arenaBytes: Int
  /// Largest resident size of the process while the row was compiled and run, and how much of
  /// it was there before.
  let highWaterBytes: Int?
  let residentBytesBefore: Int?
  let parts: [Part]
  /// Time of the whole over the sum of its parts' times, by rounds.
  let timeOverParts: Spread?

  var itemsPerSecond: Double { Double(count) / seconds.median }
}

/// Measures rows in turns with the machine's peak, so that a machine whose speed drifts, or
/// that others use, slows both alike.
struct Bench {
  let rounds: Int
  private let peak: Work
  private let peakWork: Double
  private let precision: Precision
  /// Operations per second of each peak turn so far.
  private(set) var peaks: [Double] = []

  init(_ precision: Precision, rounds: Int) throws {
    self.rounds = rounds
    self.precision = precision
    let plan = try Peak.plan(precision)
    peakWork = 2 * plan.multiplyAdds
    peak = try plan.compile()
    for _ in 0..<3 { _ = try peakTurn() }
  }

  /// Operations per second of the peak now.
  mutating func peakRate() throws -> Double { try peakWork / peakTurn() }

  /// Seconds of one run of the peak.
  private mutating func peakTurn() throws -> Double {
    let seconds = try Clock.turn(peak.run)
    peaks.append(peakWork / seconds)
    return seconds
  }

  mutating func measure(_ row: Row) throws -> Measurement {
    let before = ProcessMemory.resident
    let plan = try row.plan(precision)
    ProcessMemory.reset()
    var compiled: Work?
    let compileSeconds = try Clock.seconds { compiled = try plan.compile() }
    guard let work = compiled else { throw ProgramError("\(row.name): not compiled") }
    let firstRunSeconds = try Clock.seconds(work.run)
    for part in work.parts { try part.run() }

    var (times, shares, ratios) = ([Double](), [Double](), [Double]())
    var peakTimes = [try peakTurn()]
    var partTimes = work.parts.map { _ in [Double]() }
    for _ in 0..<rounds {
      let time = try Clock.turn(work.run)
      times.append(time)
      var sum = 0.0
      for (index, part) in work.parts.enumerated() {
        let time = try Clock.turn(part.run)
        partTimes[index].append(time)
        sum += Double(part.count) * time
      }
      if sum > 0 { ratios.append(time / sum) }
      peakTimes.append(try peakTurn())
      let around = (peakTimes[peakTimes.count - 2] + peakTimes[peakTimes.count - 1]) / 2
      shares.append(2 * plan.multiplyAdds / time / (peakWork / around))
    }
    let shortest = Spread(times).smallest
    return Measurement(
      name: row.name, title: row.title, precision: precision, count: row.count,
      multiplyAdds: plan.multiplyAdds, nodes: plan.nodes, nodeLimit: plan.nodeLimit,
      seconds: Spread(times), compileSeconds: compileSeconds, firstRunSeconds: firstRunSeconds,
      share: Spread(shares),
      shareOfShortest: 2 * plan.multiplyAdds / shortest / (peaks.max() ?? .infinity),
      target: row.targets[precision], weightBytes: plan.weightBytes, arenaBytes: plan.arenaBytes,
      highWaterBytes: ProcessMemory.highWater, residentBytesBefore: before,
      parts: zip(work.parts, partTimes).map {
        .init(name: $0.name, count: $0.count, seconds: Spread($1))
      },
      timeOverParts: ratios.isEmpty ? nil : Spread(ratios))
  }
}
