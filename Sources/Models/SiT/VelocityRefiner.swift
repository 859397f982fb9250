// B batch, C channels, S side of the latents.
import Diagnostics
import TensorGraph

/// A shallow SiT that sees latents beside an old velocity and regresses the
/// offset to the present one: v(x, t) ≈ r(x, t, v_old) + v_old.
///
/// Source: Zhao et al., "FlowTurbo: towards real-time flow-based image generation
/// with velocity refiner", 2024 (arXiv:2409.18128), section 3.2.
public struct VelocityRefiner: Layer {
  public let network: SiT

  /// - Parameter configuration: with `velocityInput`.
  public init(_ configuration: SiTConfiguration) throws {
    guard configuration.velocityInput else {
      throw InvalidField("velocityInput", expected: "true, of a refiner", found: "false")
    }
    network = try SiT(configuration)
  }

  public var parameters: [Parameter] { network.parameters }
  public var configuration: SiTConfiguration { network.configuration }

  /// Offsets (B, C, S, S) to `velocity` (B, C, S, S) at latents x (B, C, S, S),
  /// times t (B) and labels (B), int32.
  public func callAsFunction(
    _ x: Tensor, t: Tensor, velocity: Tensor, labels: Tensor, observe: SiT.Observer? = nil
  ) throws -> Tensor {
    try network(x, t: t, labels: labels, velocity: velocity, observe: observe)
  }

  /// Offsets (R, C, S, S) at modulations (R, M) that are known already, as
  /// ``SiT/callAsFunction(_:modulations:velocity:)`` takes them.
  public func callAsFunction(_ x: Tensor, modulations: Tensor, velocity: Tensor) throws -> Tensor {
    try network(x, modulations: modulations, velocity: velocity)
  }
}
