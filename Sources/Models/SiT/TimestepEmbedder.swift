// B batch, D width, F frequencies (256: cosines, then sines).
import Foundation
import TensorGraph

/// Times as vectors: sinusoids of the raw t in [0, 1], then a two-layer network.
struct TimestepEmbedder: Layer {
  private let frequencies: [Float]
  private let first: Linear
  private let second: Linear

  init(_ path: String, frequencies: Int, width: Int) {
    self.frequencies = Self.frequencies(count: frequencies / 2)
    first = Linear(
      "\(path).mlp.0", inputs: frequencies, outputs: width,
      weight: .normal(standardDeviation: 0.02), bias: .zeros)
    second = Linear(
      "\(path).mlp.2", inputs: width, outputs: width,
      weight: .normal(standardDeviation: 0.02), bias: .zeros)
  }

  var parameters: [Parameter] { first.parameters + second.parameters }

  func callAsFunction(_ t: Tensor) throws -> Tensor {
    let half = frequencies.count
    let column = try t.reshaped([t.shape.elementCount, 1])  // (B, 1)
    let angles = try column * t.graph.constant(frequencies, shape: [1, half])  // (B, F/2)
    // Cosines come first, unlike in the position table.
    let waves = try angles.cosine().concatenated(with: angles.sine(), axis: 1)  // (B, F)
    return try second(first(waves).silu())  // (B, D)
  }

  /// 10000^(−i/count), every step rounded to float32 as the reference's tensors are.
  private static func frequencies(count: Int) -> [Float] {
    (0..<count).map { i in
      let exponent: Float = Float(-log(10_000.0)) * Float(i) / Float(count)
      return Float(exp(Double(exponent)))
    }
  }
}
