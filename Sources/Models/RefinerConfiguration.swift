import Diagnostics

/// The shape of a velocity refiner beside its teacher: a shallow SiT on concat[x, v].
public struct RefinerConfiguration: Sendable, Equatable {
  /// Number of blocks; FlowTurbo uses one.
  public var depth = 1
  /// Width of the tokens; nil for the teacher's.
  public var hiddenSize: Int?
  /// Attention heads; nil for the teacher's.
  public var heads: Int?

  public init() {}

  /// The refiner's network for the latents, patches and classes of `teacher`.
  /// - Throws: `InvalidField` when the shape is impossible.
  public func network(for teacher: SiTConfiguration) throws -> SiTConfiguration {
    var network = teacher
    network.velocityInput = true
    network.depth = depth
    network.hiddenSize = hiddenSize ?? teacher.hiddenSize
    network.heads = heads ?? teacher.heads
    try network.validate()
    return network
  }

  /// Checks what does not need the teacher.
  public func validate() throws {
    if let hiddenSize, let heads, heads < 1 || !hiddenSize.isMultiple(of: heads) {
      throw InvalidField(
        "hiddenSize", expected: "a multiple of heads (\(heads))", found: "\(hiddenSize)")
    }
    if let hiddenSize, !hiddenSize.isMultiple(of: 4) {
      throw InvalidField(
        "hiddenSize", expected: "a multiple of 4, for the position table", found: "\(hiddenSize)")
    }
  }
}
