// n samples; R rows: n at scale 1, else 2n, the conditional branch before the null branch.
import Models
import TensorGraph

/// Classifier-free guidance: velocities away from those of the null class.
///
/// v = v₀ + s·(v₁ − v₀), v₁ of the label, v₀ of the null class. Source: Ho and
/// Salimans, "Classifier-free diffusion guidance", 2022, equation 6.
public struct Guidance: Sendable, Hashable {
  public let scale: Float
  public let channels: GuidanceChannels
  /// The label of the null branch, one after the last class.
  public let nullClass: Int
  /// Rows that every sample takes in a batch: 1 for the conditional branch alone, else 2.
  public let branches: Int

  /// - Parameter branches: nil for 1 at scale 1, which needs no null branch, and 2 elsewhere.
  public init(
    scale: Double, channels: GuidanceChannels = .firstThree, nullClass: Int, branches: Int? = nil
  ) {
    self.scale = Float(scale)
    self.channels = channels
    self.nullClass = nullClass
    self.branches = branches ?? (self.scale == 1 ? 1 : 2)
  }

  /// Guided velocities of `network` at x (R, C, …), which the network sees with
  /// R rows too: the first half of x twice, so that both branches see the same x.
  /// The labels [y, null] are the network's own business.
  public func callAsFunction(_ x: Tensor, network: (Tensor) throws -> Tensor) throws -> Tensor {
    let shared = try shared(x)
    return try mixed(
      network(branches == 2 ? shared.concatenated(with: shared, axis: 0) : shared))
  }

  /// The rows (n, C, …) of x (R, C, …) that every branch sees: the first half, with two branches.
  func shared(_ x: Tensor) throws -> Tensor {
    branches == 2 ? try x.slice(axis: 0, 0..<x.shape[0] / 2) : x
  }

  /// Velocities (R, C, …) of both branches, guided.
  func mixed(_ v: Tensor) throws -> Tensor {
    guard branches == 2 else { return v }
    let count = v.shape[1]
    let mixed = channels == .all ? count : min(3, count)
    let branch = try v.slice(axis: 1, 0..<mixed).split(2, axis: 0)  // label, null: (n, 3, …)
    let guided = try branch[1] + scale * (branch[0] - branch[1])  // (n, 3, …)
    let both = try guided.concatenated(with: guided, axis: 0)  // (2n, 3, …)
    guard mixed < count else { return both }
    // The official code leaves the fourth channel as each branch gave it, so the
    // two halves of the velocity differ there.
    return try both.concatenated(with: v.slice(axis: 1, mixed..<count), axis: 1)  // (2n, C, …)
  }
}
