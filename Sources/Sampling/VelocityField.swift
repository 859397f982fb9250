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

  let predictor: FieldNetwork<Void>
  let refiner: FieldNetwork<Tensor>?
  public let guidance: Guidance
  /// Before this time the field is what it is then: 0 but for predictors of noise
  /// (``NoiseField``).
  public private(set) var earliestTime: Float = 0

  /// Networks that take times and labels as they take latents.
  public init(
    guidance: Guidance, predictor: @escaping Predictor, refiner: Refiner? = nil
  ) {
    self.init(
      guidance: guidance, predictor: .whole { x, t, labels, _ in try predictor(x, t, labels) },
      refiner: refiner)
  }

  private init(guidance: Guidance, predictor: FieldNetwork<Void>, refiner: Refiner?) {
    self.guidance = guidance
    self.predictor = predictor
    self.refiner = refiner.map { refiner in
      .whole { x, t, labels, velocity in try refiner(x, t, velocity, labels) }
    }
  }

  /// A predictor of noise, ε(x (R, …), t (R), labels (R)) → (R, …), as a field of velocities.
  public init(guidance: Guidance, noise: @escaping Predictor, refiner: Refiner? = nil) {
    self.init(guidance: guidance, predictor: NoiseField.network(noise), refiner: refiner)
    earliestTime = NoiseField.earliestTime
  }

  /// Networks as they are called by ``init(predictor:refiner:guidance:)``, or what depends on time
  /// and class alone computed with every evaluation.
  public init(
    predictor: SiT, refiner: VelocityRefiner?, guidance: Guidance, inParts: Bool
  ) {
    guard !inParts else {
      self.init(predictor: predictor, refiner: refiner, guidance: guidance)
      return
    }
    let whole: Predictor = { try predictor($0, t: $1, labels: $2) }
    let offset: Refiner? = refiner.map { refiner in
      { try refiner($0, t: $1, velocity: $2, labels: $3) }
    }
    switch predictor.configuration.objective {
    case .velocity: self.init(guidance: guidance, predictor: whole, refiner: offset)
    case .epsilon: self.init(guidance: guidance, noise: whole, refiner: offset)
    }
  }

  /// Networks in two parts: what depends on time and class alone is computed once. A predictor
  /// whose configuration says that it is one of noise becomes a field of velocities.
  public init(predictor: SiT, refiner: VelocityRefiner?, guidance: Guidance) {
    self.guidance = guidance
    switch predictor.configuration.objective {
    case .velocity:
      self.predictor = .conditioned(Conditioning(predictor)) { x, modulations, _ in
        try predictor(x, modulations: modulations)
      }
    case .epsilon:
      self.predictor = NoiseField.network(predictor)
      earliestTime = NoiseField.earliestTime
    }
    self.refiner = refiner.map { refiner in
      .conditioned(Conditioning(refiner.network)) { x, modulations, velocity in
        try refiner(x, modulations: modulations, velocity: velocity)
      }
    }
  }

  /// The two-part networks' first parts.
  var conditionings: [NetworkRole: Conditioning] {
    var parts: [NetworkRole: Conditioning] = [:]
    parts[.predictor] = predictor.conditioning
    parts[.refiner] = refiner?.conditioning
    return parts
  }
}

/// Which network; its variables are filed under this name.
enum NetworkRole: String, CaseIterable {
  case predictor, refiner
}
