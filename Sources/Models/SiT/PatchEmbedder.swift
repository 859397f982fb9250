// B batch, C channels, S side, p patch, h = S/p, T = h² tokens, D width.
import TensorGraph

/// Images as tokens: every p × p patch through one linear map, plus its position.
struct PatchEmbedder: Layer {
  private let weight: Parameter
  private let bias: Parameter
  private let positions: Parameter
  private let patch: Int

  init(_ path: String, positions: String, channels: Int, side: Int, patch: Int, width: Int) {
    // The checkpoint's shape is that of a convolution with stride p; Xavier's
    // bound counts it as the linear map that it is.
    weight = Parameter("\(path).proj.weight", [width, channels, patch, patch], .xavierUniform)
    bias = Parameter("\(path).proj.bias", [width], .zeros)
    let grid = side / patch
    self.positions = Parameter(
      positions, [1, grid * grid, width], .sineCosinePositions(grid: grid), isTrainable: false)
    self.patch = patch
  }

  var parameters: [Parameter] { [positions, weight, bias] }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let (b, c, h, p) = (x.shape[0], x.shape[1], x.shape[2] / patch, patch)
    let patches =
      try x
      .reshaped([b, c, h, p, h, p])
      .transposed([0, 2, 4, 1, 3, 5])  // (B, h, h, C, p, p)
      .reshaped([b, h * h, c * p * p])  // (B, T, C·p·p)
    let matrix = try weight(in: x.graph).reshaped([weight.shape[0], c * p * p])
    let tokens = try patches.linear(weight: matrix, bias: bias(in: x.graph))  // (B, T, D)
    return try tokens + positions(in: x.graph)  // (B, T, D)
  }
}
