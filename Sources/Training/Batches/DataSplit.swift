import Diagnostics
import Randomness

/// Which samples are trained on and which are only measured on.
public struct DataSplit: Sendable, Equatable {
  /// Indices into the data, in increasing order.
  public let training: [Int]
  /// Indices into the data, in the order in which they are measured.
  public let heldOut: [Int]

  /// Sets `heldOut` of `count` samples aside, chosen by `seed` alone.
  /// - Throws: `InputError` where nothing would be left to train on.
  public init(count: Int, heldOut: Int, seed: UInt64) throws {
    guard heldOut >= 0, heldOut < count else {
      throw InputError(
        "heldOut.count", expected: "fewer held-out samples than the data's \(count)",
        found: "\(heldOut)", remedy: "set it lower or add data")
    }
    var stream = RandomStream(seed: seed, purpose: .split, index: 0)
    let order = stream.permutation(count)
    self.heldOut = Array(order.prefix(heldOut))
    training = order.dropFirst(heldOut).sorted()
  }
}

/// A different order of the training samples in each epoch.
struct EpochOrder {
  private let indices: [Int]
  private let seed: UInt64
  private var epoch = -1
  private var order: [Int] = []

  init(_ indices: [Int], seed: UInt64) {
    self.indices = indices
    self.seed = seed
  }

  /// The sample that is drawn `position`-th in the whole run, from 0.
  mutating func sample(_ position: Int) -> Int {
    if position / indices.count != epoch {
      epoch = position / indices.count
      var stream = RandomStream(seed: seed, purpose: .shuffle, index: UInt64(epoch))
      order = stream.permutation(indices.count)
    }
    return indices[order[position % indices.count]]
  }
}
