extension Graph {
  /// Multiply–adds that a run spends in contractions and attention, which is
  /// nearly all of its arithmetic. Zeros of padding count as numbers do.
  public var multiplyAdds: Double {
    Schedule(self).order.reduce(0) { sum, id in
      let node = self[id]
      return sum
        + node.operation.multiplyAdds(node.operands.map { type(of: $0).shape }, node.results)
    }
  }
}

extension Operation {
  /// Multiply–adds of one node; 0 where it is not a contraction.
  public func multiplyAdds(_ operands: [Shape], _ results: [TensorType]) -> Double {
    func count(_ shape: Shape) -> Double { Double(shape.elementCount) }
    /// Products that each pixel of a convolution's result sums.
    func taps(_ weight: Shape) -> Double { count(weight) / Double(weight[0]) }
    /// One product of all queries and keys, or of all scores and values.
    func scores(_ qkv: Shape) -> Double { count(qkv) / 3 * Double(qkv[1]) }

    return switch self {
    case .linear:
      count(results[0].shape) * Double(operands[1][1])
    case .matmul(let transposeLeft, _):
      count(results[0].shape)
        * Double(operands[0][operands[0].rank - (transposeLeft ? 2 : 1)])
    case .convolution: count(results[0].shape) * taps(operands[1])
    case .convolutionInputGradient: count(operands[1]) * taps(operands[0])
    case .convolutionWeightGradient(_, let weight): count(operands[1]) * taps(weight)
    case .attention: 2 * scores(operands[0])
    // The scores again, and the gradients of scores, values, queries and keys.
    case .attentionGradient: 5 * scores(operands[0])
    default: 0
    }
  }
}
