import TensorGraph

/// x (…, I), weight (O, I), bias (O)? → (…, O).
func linear<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, _ weight: Dense<Scalar>, _ bias: Dense<Scalar>?
) -> [Scalar] {
  let rows = x.reshaped([x.shape.rowCount, x.shape.rowLength])
  var y = Dense([rows.shape[0], weight.shape[0]], repeating: Scalar(0))
  for m in 0..<rows.shape[0] {
    for o in 0..<weight.shape[0] {
      for i in 0..<rows.shape[1] { y[m, o] += rows[m, i] * weight[o, i] }
      if let bias { y[m, o] += bias[o] }
    }
  }
  return y.elements
}

/// Batched product of the last two axes.
func matmul<Scalar: BinaryFloatingPoint>(
  _ a: Dense<Scalar>, _ b: Dense<Scalar>, transposeLeft: Bool, transposeRight: Bool, result: Shape
) -> [Scalar] {
  func batched(_ shape: Shape) -> Shape {
    Shape([shape.dimensions.dropLast(2).reduce(1, *)] + shape.dimensions.suffix(2))
  }
  let (a, b) = (a.reshaped(batched(a.shape)), b.reshaped(batched(b.shape)))
  var y = Dense(batched(result), repeating: Scalar(0))
  let inner = transposeLeft ? a.shape[1] : a.shape[2]
  for n in 0..<y.shape[0] {
    for i in 0..<y.shape[1] {
      for j in 0..<y.shape[2] {
        for k in 0..<inner {
          let left = transposeLeft ? a[n, k, i] : a[n, i, k]
          let right = transposeRight ? b[n, j, k] : b[n, k, j]
          y[n, i, j] += left * right
        }
      }
    }
  }
  return y.elements
}
