import Configuration
import Diagnostics
import Sampling

/// Grids of samples drawn while a predictor or refiner trains: a row per class, the same
/// noise every time.
public struct SampleGridOptions: Sendable, Equatable, ConfigurationSchema {
  /// Steps between grids; one more is drawn at the end.
  public var every = 1000
  /// One grid is drawn per plan.
  public var plans: [SamplingPlan] = [.blocks(Array(repeating: .heun, count: 8))]
  /// Columns of a grid.
  public var perClass = 4
  public var guidance = 1.5
  public var guidanceChannels = GuidanceChannels.firstThree
  /// What decodes the latents.
  public var vae = AutoencoderReference()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("every", &every, in: .range(1...1_000_000_000))
    try table.list("plans", &plans, count: 1...16)
    try table.optional("perClass", &perClass, in: .range(1...64))
    try table.optional("guidance", &guidance, in: .range(0...1000))
    try table.optional("guidanceChannels", &guidanceChannels)
    try table.section("vae", &vae)
  }
}
