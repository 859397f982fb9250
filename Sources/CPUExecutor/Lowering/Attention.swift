import CDNN
import CKernels
import TensorGraph

/// Batched products read q, k and v where they lie in the packed qkv.
private struct AttentionLayout {
  let (B, T, D, H): (Int, Int, Int, Int)
  var width: Int { D / H }
  var scoreBytes: Int { B * H * T * T * 4 }
  var scale: Float { 1 / Float(width).squareRoot() }
  var rows: Int64 { Int64(B * H * T) }

  init(_ qkv: Shape, _ heads: Int) {
    (B, T, D, H) = (qkv[0], qkv[1], qkv[2] / 3, heads)
  }

  /// (B, H, T, width) inside a row of `rowLength` elements per token.
  func tokens(rowLength: Int) -> cdnn_tensor {
    cdnn_tensor([B, H, T, width], strides: [T * rowLength, width, rowLength, 1])
  }
  /// The same, read as (B, H, width, T).
  func transposed(rowLength: Int) -> cdnn_tensor {
    cdnn_tensor([B, H, width, T], strides: [T * rowLength, width, 1, rowLength])
  }
  var scores: cdnn_tensor { cdnn_tensor([B, H, T, T]) }
  var scoresTransposed: cdnn_tensor {
    cdnn_tensor([B, H, T, T], strides: [H * T * T, T * T, 1, T])
  }
}

extension Lowered {
  static func attention(_ qkv: Shape, _ heads: Int) throws -> Lowered {
    let layout = AttentionLayout(qkv, heads)
    let packed = layout.tokens(rowLength: 3 * layout.D)
    let scores = try Primitive.matmul(
      packed, layout.transposed(rowLength: 3 * layout.D), layout.scores)
    let mix = try Primitive.matmul(layout.scores, packed, layout.tokens(rowLength: layout.D))
    return Lowered(scratch: [layout.scoreBytes]) { binding in
      let qkv = binding.operands[0]
      let p = binding.scratch[0]
      scores.bind(CDNN_SRC, qkv)
      scores.bind(CDNN_WEIGHTS, qkv + 4 * layout.D)
      scores.bind(CDNN_DST, p)
      mix.bind(CDNN_SRC, p)
      mix.bind(CDNN_WEIGHTS, qkv + 8 * layout.D)
      mix.bind(CDNN_DST, binding.results[0])
      return [
        scores.kernel,
        {
          ck_softmax(
            p.assumingMemoryBound(to: Float.self), layout.rows, Int64(layout.T), layout.scale)
        },
        mix.kernel,
      ]
    }
  }

  /// The probabilities are computed again rather than kept: they are the largest of
  /// a block's activations and the cheapest.
  static func attentionGradient(_ qkv: Shape, _ heads: Int) throws -> Lowered {
    let layout = AttentionLayout(qkv, heads)
    let packed = layout.tokens(rowLength: 3 * layout.D)
    let packedTransposed = layout.transposed(rowLength: 3 * layout.D)
    let plain = layout.tokens(rowLength: layout.D)
    let scores = try Primitive.matmul(packed, packedTransposed, layout.scores)
    let dvPrimitive = try Primitive.matmul(layout.scoresTransposed, plain, packed)
    let dpPrimitive = try Primitive.matmul(plain, packedTransposed, layout.scores)
    let dqPrimitive = try Primitive.matmul(layout.scores, packed, packed)
    let dkPrimitive = try Primitive.matmul(layout.scoresTransposed, packed, packed)
    return Lowered(scratch: [layout.scoreBytes, layout.scoreBytes]) { binding in
      let (qkv, dOut, dqkv) = (binding.operands[0], binding.operands[1], binding.results[0])
      let (q, k, v) = (qkv, qkv + 4 * layout.D, qkv + 8 * layout.D)
      let (p, dp) = (binding.scratch[0], binding.scratch[1])
      func bind(
        _ primitive: Primitive, _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer,
        _ c: UnsafeMutableRawPointer
      ) -> Kernel {
        primitive.bind(CDNN_SRC, a)
        primitive.bind(CDNN_WEIGHTS, b)
        primitive.bind(CDNN_DST, c)
        return primitive.kernel
      }
      let (pFloats, dpFloats) = (
        p.assumingMemoryBound(to: Float.self), dp.assumingMemoryBound(to: Float.self)
      )
      return [
        bind(scores, q, k, p),
        { ck_softmax(pFloats, layout.rows, Int64(layout.T), layout.scale) },
        bind(dvPrimitive, p, dOut, dqkv + 8 * layout.D),
        bind(dpPrimitive, dOut, v, dp),
        {
          ck_softmax_gradient(pFloats, dpFloats, layout.rows, Int64(layout.T), layout.scale)
        },
        bind(dqPrimitive, dp, k, dqkv),
        bind(dkPrimitive, dp, q, dqkv + 4 * layout.D),
      ]
    }
  }
}
