extension Operation {
  /// The gradient of a scalar with respect to each operand, given that with
  /// respect to the result (`adjoint`); nil where it is zero or not wanted.
  ///
  /// Every operation stands here by name: adding one without a rule does not compile.
  func gradients(operands: [Tensor], wanted: [Bool], result: Tensor, adjoint dy: Tensor) throws
    -> [Tensor?]
  {
    let graph = dy.graph
    switch self {
    case .input, .variable, .constant:
      return []

    case .unary(let function):
      return [try function.gradient(x: operands[0], y: result, dy: dy)]
    case .binary(let function):
      return try function.gradients(
        a: operands[0], b: operands[1], y: result, dy: dy, wanted: wanted)

    case .reshape:
      return [try dy.reshaped(operands[0].shape)]
    case .transpose(let permutation):
      var inverse = [Int](repeating: 0, count: permutation.count)
      for (i, axis) in permutation.enumerated() { inverse[axis] = i }
      return [try dy.transposed(inverse)]
    case .broadcast:
      return [dy]  // the walker sums over the repeated axes
    case .slice(let axis, let start, let end):
      return [
        try dy.padded(axis: axis, before: start, after: operands[0].shape[axis] - end)
      ]
    case .pad(let axis, let before, _):
      return [try dy.slice(axis: axis, before..<before + operands[0].shape[axis])]
    case .concatenate(let axis):
      var start = 0
      return try zip(operands, wanted).map { operand, isWanted in
        defer { start += operand.shape[axis] }
        return isWanted ? try dy.slice(axis: axis, start..<start + operand.shape[axis]) : nil
      }
    case .gather:
      return [try graph.add(.scatterAdd(rows: operands[0].shape[0]), [operands[1], dy])[0], nil]
    case .scatterAdd:
      return [nil, try dy.gather(operands[0])]

    case .reduceSum(let axes):
      let x = operands[0].shape
      let kept = Shape(x.dimensions.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
      return [try dy.reshaped(kept).broadcast(to: x)]

    case .linear:
      let (x, weight) = (operands[0], operands[1])
      // Tokens as rows: (…, I) → (M, I).
      let rows: Shape = [x.shape.rowCount, x.shape.rowLength]
      let dyRows = try dy.reshaped([dy.shape.rowCount, dy.shape.rowLength])
      return [
        wanted[0] ? try dyRows.matmul(weight).reshaped(x.shape) : nil,
        wanted[1] ? try dyRows.matmul(x.reshaped(rows), transposeLeft: true) : nil,
      ] + (operands.count == 3 ? [wanted[2] ? try dyRows.sum([0]) : nil] : [])
    case .matmul(let transposeLeft, let transposeRight):
      let (a, b) = (operands[0], operands[1])
      let da =
        transposeLeft
        ? try b.matmul(dy, transposeLeft: transposeRight, transposeRight: true)
        : try dy.matmul(b, transposeRight: !transposeRight)
      let db =
        transposeRight
        ? try dy.matmul(a, transposeLeft: true, transposeRight: transposeLeft)
        : try a.matmul(dy, transposeLeft: !transposeLeft)
      return [wanted[0] ? da : nil, wanted[1] ? db : nil]

    case .convolution(let geometry):
      let (x, weight) = (operands[0], operands[1])
      return [
        wanted[0]
          ? try graph.add(
            .convolutionInputGradient(geometry, input: x.shape), [weight, dy])[0] : nil,
        wanted[1]
          ? try graph.add(
            .convolutionWeightGradient(geometry, weight: weight.shape), [x, dy])[0] : nil,
      ] + (operands.count == 3 ? [wanted[2] ? try dy.sum([0, 1, 2]) : nil] : [])
    case .upsampleNearest(let factor):
      return [try graph.add(.sumPool(factor: factor), [dy])[0]]
    case .sumPool(let factor):
      return [try dy.upsampledNearest(factor)]
    case .maxPool(let geometry):
      return [try graph.add(.maxPoolGradient(geometry), [operands[0], dy])[0]]
    case .averagePool(let geometry):
      return [try graph.add(.averagePoolGradient(geometry, input: operands[0].shape), [dy])[0]]
    case .averagePoolGradient(let geometry, _):
      return [try dy.averagePooled(geometry)]

    case .attention(let heads):
      return try graph.add(.attentionGradient(heads: heads), [operands[0], dy])
    case .layerNormModulate(let epsilon):
      return try graph.add(
        .layerNormModulateGradient(epsilon: epsilon), [operands[0], operands[2], dy])
    case .gatedResidual:
      return try [dy] + graph.add(.gatedResidualGradient, [operands[1], operands[2], dy])
    case .groupNorm(let settings):
      return try graph.add(.groupNormGradient(settings), operands + [dy])

    // First-order gradients only: what is itself a gradient or an update has none.
    case .convolutionInputGradient, .convolutionWeightGradient, .maxPoolGradient,
      .attentionGradient, .layerNormModulateGradient, .gatedResidualGradient, .groupNormGradient,
      .adamW:
      throw GradientError(operation: name)
    }
  }
}

extension UnaryFunction {
  fileprivate func gradient(x: Tensor, y: Tensor, dy: Tensor) throws -> Tensor {
    switch self {
    case .negate: try dy(.negate)
    case .exponential: try dy * y
    case .logarithm: try dy / x
    case .squareRoot: try dy / (y + y)
    case .sine: try dy * x(.cosine)
    case .cosine: try (dy * x(.sine))(.negate)
    case .tanh: try dy * (1 - y * y)
    case .logistic: try dy * (y * (1 - y))
    // None where the function has its corner, as PyTorch.
    case .relu: try dy * (1 - y.graph.constant(0).greaterOrEqual(y))
    case .gelu: try dy * x(.geluDerivative)
    case .silu: try dy * x(.siluDerivative)
    case .geluDerivative, .siluDerivative: throw GradientError(operation: rawValue)
    }
  }
}

extension BinaryFunction {
  fileprivate func gradients(a: Tensor, b: Tensor, y: Tensor, dy: Tensor, wanted: [Bool]) throws
    -> [Tensor?]
  {
    switch self {
    case .add: return [dy, dy]
    case .subtract: return [dy, wanted[1] ? try dy(.negate) : nil]
    case .multiply: return [wanted[0] ? try dy * b : nil, wanted[1] ? try dy * a : nil]
    case .divide:
      return [wanted[0] ? try dy / b : nil, wanted[1] ? try (dy * y / b)(.negate) : nil]
    case .maximum:
      // At a tie the left operand gets the whole gradient.
      let left = try a.greaterOrEqual(b)
      return [try dy * left, try dy * (1 - left)]
    case .minimum:
      let left = try b.greaterOrEqual(a)
      return [try dy * left, try dy * (1 - left)]
    case .greaterOrEqual: return [nil, nil]
    }
  }
}
