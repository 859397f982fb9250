import TensorGraph

// N batch, H × W pixels, C channels.

/// Calls `body` for every value of a pooled image: its position, and the positions of the
/// values of x that its window holds, row by row.
private func forEachWindow(
  x: Shape, y: Shape, _ geometry: PoolingGeometry,
  _ body: (_ y: Int, _ window: [Int]) -> Void
) {
  func inside(_ position: Int, _ size: Int) -> Range<Int> {
    let first = position * geometry.stride - geometry.padding
    return max(first, 0)..<min(first + geometry.window, size)
  }
  for (position, i) in y.indices.enumerated() {
    let columns = inside(i[2], x[2])
    let window = inside(i[1], x[1]).flatMap { row in
      columns.map { ((i[0] * x[1] + row) * x[2] + $0) * x[3] + i[3] }
    }
    body(position, window)
  }
}

/// Where the largest value of a window lies, the first of equal ones; NaN is the largest.
private func largest<Scalar: BinaryFloatingPoint>(_ window: [Int], of x: Dense<Scalar>) -> Int {
  window.dropFirst().reduce(window[0]) { best, i in
    !x[best].isNaN && (x[i].isNaN || x[i] > x[best]) ? i : best
  }
}

func maxPool<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, _ geometry: PoolingGeometry, result: Shape
) -> [Scalar] {
  var y = Dense(result, repeating: Scalar(0))
  forEachWindow(x: x.shape, y: result, geometry) { y[$0] = x[largest($1, of: x)] }
  return y.elements
}

func maxPoolGradient<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, _ dy: Dense<Scalar>, _ geometry: PoolingGeometry
) -> [Scalar] {
  var dx = Dense(x.shape, repeating: Scalar(0))
  forEachWindow(x: x.shape, y: dy.shape, geometry) { dx[largest($1, of: x)] += dy[$0] }
  return dx.elements
}

func averagePool<Scalar: BinaryFloatingPoint>(
  _ x: Dense<Scalar>, _ geometry: PoolingGeometry, result: Shape
) -> [Scalar] {
  var y = Dense(result, repeating: Scalar(0))
  forEachWindow(x: x.shape, y: result, geometry) { position, window in
    y[position] = window.reduce(0) { $0 + x[$1] } / Scalar(window.count)
  }
  return y.elements
}

func averagePoolGradient<Scalar: BinaryFloatingPoint>(
  _ dy: Dense<Scalar>, _ geometry: PoolingGeometry, input: Shape
) -> [Scalar] {
  var dx = Dense(input, repeating: Scalar(0))
  forEachWindow(x: input, y: dy.shape, geometry) { position, window in
    for i in window { dx[i] += dy[position] / Scalar(window.count) }
  }
  return dx.elements
}
