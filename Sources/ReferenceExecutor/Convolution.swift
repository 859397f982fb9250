import TensorGraph

// N batch, H × W pixels, C channels; I and O channels of a weight OIHW.

/// Calls `body` for every product that a convolution sums: the positions of
/// the pixel of x, of the weight, and of the pixel of the result that it adds to.
private func forEachProduct(
  x: Shape, weight: Shape, y: Shape, _ geometry: ConvolutionGeometry,
  _ body: (_ x: Int, _ weight: Int, _ y: Int) -> Void
) {
  let (rows, columns, channels) = (x[1], x[2], x[3])
  var to = 0
  for n in 0..<y[0] {
    for row in 0..<y[1] {
      for column in 0..<y[2] {
        for o in 0..<y[3] {
          var tap = o * channels * weight[2] * weight[3]
          for i in 0..<channels {
            for kernelRow in 0..<weight[2] {
              for kernelColumn in 0..<weight[3] {
                let h = row * geometry.stride - geometry.rows.before + kernelRow
                let w = column * geometry.stride - geometry.columns.before + kernelColumn
                if (0..<rows).contains(h), (0..<columns).contains(w) {
                  body(((n * rows + h) * columns + w) * channels + i, tap, to)
                }
                tap += 1
              }
            }
          }
          to += 1
        }
      }
    }
  }
}

func convolution<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, _ weight: Dense<Scalar>, _ bias: Dense<Scalar>?,
  _ geometry: ConvolutionGeometry, result: Shape
) -> [Scalar] {
  var y = Dense(result, repeating: Scalar(0))
  forEachProduct(x: x.shape, weight: weight.shape, y: result, geometry) {
    y[$2] += x[$0] * weight[$1]
  }
  if let bias {
    for i in y.elements.indices { y[i] += bias[i % bias.shape[0]] }
  }
  return y.elements
}

func convolutionInputGradient<Scalar: BinaryFloatingPoint>(
  _ weight: Dense<Scalar>, _ dy: Dense<Scalar>, _ geometry: ConvolutionGeometry, input: Shape
) -> [Scalar] {
  var dx = Dense(input, repeating: Scalar(0))
  forEachProduct(x: input, weight: weight.shape, y: dy.shape, geometry) {
    dx[$0] += weight[$1] * dy[$2]
  }
  return dx.elements
}

func convolutionWeightGradient<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, _ dy: Dense<Scalar>, _ geometry: ConvolutionGeometry, weight: Shape
) -> [Scalar] {
  var dw = Dense(weight, repeating: Scalar(0))
  forEachProduct(x: x.shape, weight: weight, y: dy.shape, geometry) { dw[$1] += x[$0] * dy[$2] }
  return dw.elements
}

func upsampleNearest<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, _ factor: Int, result: Shape
) -> [Scalar] {
  result.indices.map { x[$0[0], $0[1] / factor, $0[2] / factor, $0[3]] }
}

func sumPool<Scalar: BinaryFloatingPoint>(_ x: Dense<Scalar>, _ factor: Int, result: Shape)
  -> [Scalar]
{
  var y = Dense(result, repeating: Scalar(0))
  for (element, i) in zip(x.elements, x.shape.indices) {
    y[i[0], i[1] / factor, i[2] / factor, i[3]] += element
  }
  return y.elements
}
