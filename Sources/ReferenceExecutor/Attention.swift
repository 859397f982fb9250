import Foundation
import TensorGraph

// B batch, T tokens, D width, `heads` heads of D/heads. Query, key and value of
// a token lie side by side in (B, T, 3·D), the heads side by side in each.

/// One head of one sample: the softmax of its scores, (T, T).
private func probabilities<Scalar: BinaryFloatingPoint>(
  _ qkv: Dense<Scalar>, sample b: Int, head: Range<Int>
) -> Dense<Scalar> {
  let (tokens, width) = (qkv.shape[1], qkv.shape[2] / 3)
  let scale = 1 / Scalar(head.count).squareRoot()
  var p = Dense([tokens, tokens], repeating: Scalar(0))
  for i in 0..<tokens {
    let scores = (0..<tokens).map { j in
      scale * head.reduce(Scalar(0)) { $0 + qkv[b, i, $1] * qkv[b, j, width + $1] }
    }
    let largest = scores.reduce(scores[0]) { max($0, $1) }
    let weights = scores.map { Scalar(exp(Double($0 - largest))) }
    let sum = weights.reduce(0, +)
    for j in 0..<tokens { p[i, j] = weights[j] / sum }
  }
  return p
}

func attention<Scalar: BinaryFloatingPoint>(_ qkv: Dense<Scalar>, heads: Int) -> [Scalar] {
  let (batch, tokens, width) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
  var y = Dense([batch, tokens, width], repeating: Scalar(0))
  for b in 0..<batch {
    for h in 0..<heads {
      let head = h * width / heads..<(h + 1) * width / heads
      let p = probabilities(qkv, sample: b, head: head)
      for i in 0..<tokens {
        for d in head {
          for j in 0..<tokens { y[b, i, d] += p[i, j] * qkv[b, j, 2 * width + d] }
        }
      }
    }
  }
  return y.elements
}

/// With P = softmax(S), S = scale·q·kᵀ: dv = Pᵀ·dy, dP = dy·vᵀ,
/// dS = P∘(dP − rowsum(P∘dP)), dq = scale·dS·k, dk = scale·dSᵀ·q.
func attentionGradient<Scalar: BinaryFloatingPoint>(
  _ qkv: Dense<Scalar>, _ dy: Dense<Scalar>, heads: Int
) -> [Scalar] {
  let (batch, tokens, width) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
  let scale = 1 / Scalar(width / heads).squareRoot()
  var gradient = Dense(qkv.shape, repeating: Scalar(0))
  for b in 0..<batch {
    for h in 0..<heads {
      let head = h * width / heads..<(h + 1) * width / heads
      let p = probabilities(qkv, sample: b, head: head)
      for i in 0..<tokens {
        let dp = (0..<tokens).map { j in
          head.reduce(Scalar(0)) { $0 + dy[b, i, $1] * qkv[b, j, 2 * width + $1] }
        }
        let mean = (0..<tokens).reduce(Scalar(0)) { $0 + p[i, $1] * dp[$1] }
        for j in 0..<tokens {
          let ds = p[i, j] * (dp[j] - mean) * scale
          for d in head {
            gradient[b, i, d] += ds * qkv[b, j, width + d]
            gradient[b, j, width + d] += ds * qkv[b, i, d]
            gradient[b, j, 2 * width + d] += p[i, j] * dy[b, i, d]
          }
        }
      }
    }
  }
  return gradient.elements
}
