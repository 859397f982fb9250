import TensorGraph

// B or N batch, T tokens, D width, C channels.

/// Values less their mean, divided by their standard deviation √(variance + ε).
private struct Standardised<Scalar: BinaryFloatingPoint> {
  let values: [Scalar]
  private let deviation: Scalar

  init(_ x: [Scalar], epsilon: Float) {
    let count = Scalar(x.count)
    let mean = x.reduce(0, +) / count
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let deviation = (variance + Scalar(epsilon)).squareRoot()
    values = x.map { ($0 - mean) / deviation }
    self.deviation = deviation
  }

  /// The gradient of x, given that of `values`:
  /// (g − mean(g) − x̂·mean(g·x̂)) / deviation.
  func gradient(_ g: [Scalar]) -> [Scalar] {
    let count = Scalar(g.count)
    let mean = g.reduce(0, +) / count
    let projection = zip(g, values).reduce(0) { $0 + $1.0 * $1.1 } / count
    return zip(g, values).map { ($0 - mean - $1 * projection) / deviation }
  }
}

/// x (B, T, D), shift (B, D), scale (B, D).
func layerNormModulate<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, shift: Dense<Scalar>, scale: Dense<Scalar>, epsilon: Float
) -> [Scalar] {
  var y = x
  for b in 0..<x.shape[0] {
    for t in 0..<x.shape[1] {
      let norm = Standardised((0..<x.shape[2]).map { x[b, t, $0] }, epsilon: epsilon)
      for d in 0..<x.shape[2] { y[b, t, d] = norm.values[d] * (1 + scale[b, d]) + shift[b, d] }
    }
  }
  return y.elements
}

/// Gradients of x, shift and scale.
func layerNormModulateGradient<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, scale: Dense<Scalar>, _ dy: Dense<Scalar>, epsilon: Float
) -> [[Scalar]] {
  var dx = x
  var dshift = Dense(scale.shape, repeating: Scalar(0))
  var dscale = dshift
  for b in 0..<x.shape[0] {
    for t in 0..<x.shape[1] {
      let norm = Standardised((0..<x.shape[2]).map { x[b, t, $0] }, epsilon: epsilon)
      let row = norm.gradient((0..<x.shape[2]).map { dy[b, t, $0] * (1 + scale[b, $0]) })
      for d in 0..<x.shape[2] {
        dx[b, t, d] = row[d]
        dshift[b, d] += dy[b, t, d]
        dscale[b, d] += dy[b, t, d] * norm.values[d]
      }
    }
  }
  return [dx.elements, dshift.elements, dscale.elements]
}

/// x + gate·y, the gate (B, D) shared by all tokens of x and y (B, T, D).
func gatedResidual<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, gate: Dense<Scalar>, _ y: Dense<Scalar>
) -> [Scalar] {
  x.shape.indices.map { i in
    x[i[0], i[1], i[2]] + gate[i[0], i[2]] * y[i[0], i[1], i[2]]
  }
}

/// Gradients of gate and y.
func gatedResidualGradient<Scalar: BinaryFloatingPoint>(
  gate: Dense<Scalar>, _ y: Dense<Scalar>, _ dy: Dense<Scalar>
) -> [[Scalar]] {
  var dgate = Dense(gate.shape, repeating: Scalar(0))
  var dbranch = y
  for i in y.shape.indices {
    dgate[i[0], i[2]] += y[i[0], i[1], i[2]] * dy[i[0], i[1], i[2]]
    dbranch[i[0], i[1], i[2]] = gate[i[0], i[2]] * dy[i[0], i[1], i[2]]
  }
  return [dgate.elements, dbranch.elements]
}

/// Positions in x (N, …, C) of each sample's groups of channels.
private func groups(_ shape: Shape, _ count: Int) -> [[Int]] {
  let channels = shape.rowLength
  let pixels = shape.rowCount / shape[0]
  return (0..<shape[0]).flatMap { n in
    (0..<count).map { group in
      (0..<pixels).flatMap { pixel in
        (group * channels / count..<(group + 1) * channels / count).map { c in
          (n * pixels + pixel) * channels + c
        }
      }
    }
  }
}

/// Statistics over all pixels of a sample and all channels of a group.
func groupNorm<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, weight: Dense<Scalar>, bias: Dense<Scalar>, _ settings: GroupNormSettings
) -> [Scalar] {
  let channels = x.shape.rowLength
  var y = x
  for group in groups(x.shape, settings.groups) {
    let norm = Standardised(group.map { x[$0] }, epsilon: settings.epsilon)
    for (i, normed) in zip(group, norm.values) {
      let z = normed * weight[i % channels] + bias[i % channels]
      y[i] = settings.silu ? UnaryFunction.silu(z) : z
    }
  }
  return y.elements
}

/// Gradients of x, weight and bias.
func groupNormGradient<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, weight: Dense<Scalar>, bias: Dense<Scalar>, _ dy: Dense<Scalar>,
  _ settings: GroupNormSettings
) -> [[Scalar]] {
  let channels = x.shape.rowLength
  var dx = x
  var dweight = Dense(weight.shape, repeating: Scalar(0))
  var dbias = dweight
  for group in groups(x.shape, settings.groups) {
    let norm = Standardised(group.map { x[$0] }, epsilon: settings.epsilon)
    // The gradient of what SiLU is applied to.
    let dz = zip(group, norm.values).map { i, normed in
      let z = normed * weight[i % channels] + bias[i % channels]
      return settings.silu ? dy[i] * UnaryFunction.siluDerivative(z) : dy[i]
    }
    for (k, i) in group.enumerated() {
      dweight[i % channels] += dz[k] * norm.values[k]
      dbias[i % channels] += dz[k]
    }
    let row = norm.gradient(zip(group, dz).map { i, dz in dz * weight[i % channels] })
    for (k, i) in group.enumerated() { dx[i] = row[k] }
  }
  return [dx.elements, dweight.elements, dbias.elements]
}
