import Foundation
import TensorGraph

/// Answers a line on standard input with the seconds of one turn, so that another program can
/// let ours and a peer's work take turns: `row`, `peak`, or the end of the input.
struct Server {
  let row: Row
  let precision: Precision

  func run() throws {
    let peakPlan = try Peak.plan(precision)
    let peak = try peakPlan.compile()
    let plan = try row.plan(precision)
    let work = try plan.compile()
    try work.run()
    try peak.run()
    say(
      "{\"multiplyAdds\": \(plan.multiplyAdds), \"peakMultiplyAdds\": \(peakPlan.multiplyAdds), "
        + "\"count\": \(row.count)}")
    while let line = readLine() {
      switch line {
      case "row": say("\(try Clock.turn(work.run))")
      case "peak": say("\(try Clock.turn(peak.run))")
      default: throw ProgramError("asked for '\(line)', not for row or peak")
      }
    }
  }

  private func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
