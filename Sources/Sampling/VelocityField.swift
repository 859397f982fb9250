// R rows, see Guidance.swift.
import Models
import TensorGraph

/// The networks that drive a sampler, as functions that add to a graph.
public struct VelocityField {
  /// v(x (R, …), t (R), labels (R)) → (R, …).
  public typealias Predictor = (_ x: Tensor, _ t: Tensor, _ labels: Tensor) throws -> Tensor
  /// r(x (R, …), t (R), v (R, …), labels (R)) → offset of the velocity (R, …).
  public typealias Refiner = (_ x: Tensor, _ t: Tensor, _ velocity: Tensor, _ labels: Tensor) throws
    -> Tensor

  let predictor: Predictor
  let refiner: Refiner?
  public let guidance: Guidance

  public init(
    guidance: Guidance, predictor: @escaping Predictor, refiner: Refiner? = nil
  ) {
    self.guidance = guidance
    self.predictor = predictor
    self.refiner = refiner
  }

  public init(predictor: SiT, refiner: VelocityRefiner?, guidance: Guidance) {
    self.init(
      guidance: guidance,
      predictor: { x, t, labels in try predictor(x, t: t, labels: labels) },
      refiner: refiner.map { refiner in
        { x, t, velocity, labels in try refiner(x, t: t, velocity: velocity, labels: labels) }
      })
  }
}
