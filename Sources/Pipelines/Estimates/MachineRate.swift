import CPUExecutor
import Synchronization
import TensorGraph

/// How fast this machine multiplies, measured on one large matrix product.
struct MachineRate {
  /// Multiply–adds per second.
  let multiplyAdds: Double

  /// Of this process, by precision.
  private static let known = Mutex<[Precision: MachineRate]>([:])

  /// Takes about a third of a second the first time.
  static func measure(_ precision: Precision) throws -> MachineRate {
    if let rate = known.withLock({ $0[precision] }) { return rate }
    let rate = try measured(precision)
    known.withLock { $0[precision] = rate }
    return rate
  }

  private static func measured(_ precision: Precision) throws -> MachineRate {
    let side = 1024
    let graph = Graph()
    let x = try graph.input("x", [side, side])
    graph.output("y", try x.linear(weight: graph.variable("w", [side, side]), bias: nil))
    let program = try CPUExecutor(precision: precision).compile(
      graph, variables: ["w": HostTensor(shape: [side, side])], frozen: true)
    let input = HostTensor(shape: [side, side])
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(300)
    var best = Double.infinity
    // The first runs warm up; the best one was disturbed least.
    repeat {
      let seconds = try clock.measure { _ = try program.run(["x": input]) } / .seconds(1)
      best = min(best, seconds)
    } while clock.now < end
    return MachineRate(multiplyAdds: graph.multiplyAdds / best)
  }

  /// Seconds that `work` multiply–adds take. Whole programs reach about half the rate of
  /// the one large product.
  func seconds(_ work: Double) -> Double { 2 * work / multiplyAdds }
}
