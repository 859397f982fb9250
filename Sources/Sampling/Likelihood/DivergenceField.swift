// n samples; R rows, see Guidance.swift; d dimensions of a latent, K probes.
import Diagnostics
import TensorGraph

/// A flow run from data to noise, with the divergence of its velocity carried along.
///
/// With s = 1 − t and the state y = (x, a) of d + K numbers
///
///     dx/ds  = −v(x, 1 − s)
///     daₖ/ds = εₖᵀ(∂v/∂x)εₖ,  a(0) = 0
///
/// so that at s = 1 the latents are the noise x₀ that flows to the data x₁, and every aₖ is an
/// estimate of ∫₀¹ ∇·v dt along the way, unbiased for probes εₖ of mean 0 and covariance 1 that
/// are drawn once for the whole way. The product of a vector and the Jacobian is the gradient of
/// εᵀv, one backward pass for each probe.
///
/// What is integrated is a field like any other: solvers, modulation tables and counts are the
/// sampler's. Source: Grathwohl et al., "FFJORD", 2019, equations 4 and 8; Chen et al., "Neural
/// ordinary differential equations", 2018, theorem 1.
struct DivergenceField {
  /// The input of a program that holds the probes, (R, K, …): rows as the state's.
  static let probes = "probes"

  let field: VelocityField
  /// Of one sample.
  let latentShape: Shape
  let vectors: Int

  private var dimensions: Int { latentShape.elementCount }
  /// d + K.
  var stateShape: Shape { [dimensions + vectors] }

  /// The field of y (R, d + K); times run from data (0) to noise (1).
  ///
  /// With two branches both halves of the rows hold the same y, as they do of the velocity that
  /// comes out: guiding equal halves changes nothing, so what is differentiated here is guided.
  var reversed: VelocityField {
    let guidance = Guidance(
      scale: 1, channels: .all, nullClass: field.guidance.nullClass,
      branches: field.guidance.branches)
    switch field.predictor {
    case .whole(let function):
      return VelocityField(
        guidance: guidance,
        network: .whole { y, s, labels, _ in
          let t = try 1 - s
          return try derivative(of: guidance.shared(y)) { x in
            try function(
              guidance.branches == 2 ? x.concatenated(with: x, axis: 0) : x, t, labels, ())
          }
        })
    case .conditioned(let conditioning, let function):
      let mirrored = Conditioning(size: conditioning.size) { s, labels in
        try conditioning.modulations(1 - s, labels)
      } paired: { s, labels in
        try conditioning.paired(1 - s, labels)
      }
      return VelocityField(
        guidance: guidance,
        network: .conditioned(mirrored) { y, modulations, _ in
          try derivative(of: y) { try function($0, modulations, ()) }
        })
    }
  }

  /// dy/ds (R, d + K) of y (n, d + K), from the network's velocities (R, …) of x (n, …).
  private func derivative(of y: Tensor, network: (Tensor) throws -> Tensor) throws -> Tensor {
    let (n, branches) = (y.shape[0], field.guidance.branches)
    let x = try y.slice(axis: 1, 0..<dimensions)
      .reshaped(Shape([n] + latentShape.dimensions))  // (n, …)
    let v = try field.guidance.mixed(network(x)).slice(axis: 0, 0..<n)  // (n, …)
    let probes = try y.graph.input(
      Self.probes, Shape([n * branches, vectors] + latentShape.dimensions)
    ).slice(axis: 0, 0..<n)  // (n, K, …)
    var parts: [Tensor] = []
    for k in 0..<vectors {
      let probe = try probes.slice(axis: 1, k..<k + 1).reshaped(x.shape)  // (n, …)
      // Rows do not meet in a network, so one sum serves all.
      let product = try (v * probe).sum().gradients(withRespectTo: [x])[0]  // (n, …)
      parts.append(try (product * probe).reshaped([n, dimensions]).sum([1]).reshaped([n, 1]))
    }
    let rate = try v(.negate).reshaped([n, dimensions])
      .concatenated(with: parts, axis: 1)  // (n, d + K)
    return branches == 2 ? try rate.concatenated(with: rate, axis: 0) : rate
  }
}

extension VelocityField {
  fileprivate init(guidance: Guidance, network: FieldNetwork<Void>) {
    self.guidance = guidance
    predictor = network
    refiner = nil
  }
}
