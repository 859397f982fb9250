import TensorGraph

/// Sizes at which an executor blocks, vectorises and shares work among threads.
/// Too many numbers for difference quotients: for `compare` alone.
public let largeOperationCases: [OperationCase] =
  largePoolingCases + [
    OperationCase("unary chain of 3·1031", [.normal([3, 1031])]) { _, x in
      [try (x[0].gelu() + x[0].silu() * x[0](.tanh)) * x[0].sine()]
    },
    OperationCase(
      "row and column broadcasts of 67·129",
      [.normal([67, 129]), .normal([129]), .normal([67, 1])]
    ) {
      _, x in [try x[0] * x[1] + x[2]]
    },
    OperationCase("transpose 3·67·129", [.normal([3, 67, 129])]) { _, x in
      [try x[0].transposed([2, 0, 1]), try x[0].transposed([0, 2, 1])]
    },
    OperationCase("patches of an image", [.normal([2, 8, 2, 8, 2, 4])]) { _, x in
      [try x[0].transposed([0, 1, 3, 2, 4, 5]).reshaped([2, 64, 16])]
    },
    OperationCase("sums of 5·64·65", [.normal([5, 64, 65])]) { _, x in
      [try x[0].sum([0]), try x[0].sum([2]), try x[0].sum([0, 1]), try x[0].mean()]
    },
    OperationCase("gather 300 rows of 11·64", [.normal([11, 64]), .rows([300], below: 11)]) {
      _, x in
      [try x[0].gather(x[1])]
    },
    OperationCase(
      "linear 2·35·64 to 100", [.normal([2, 35, 64]), .normal([100, 64]), .normal([100])]
    ) { _, x in [try x[0].linear(weight: x[1], bias: x[2]).gelu()] },
    OperationCase("matmul 6·33·40·17", [.normal([6, 33, 40]), .normal([6, 17, 40])]) { _, x in
      [try x[0].matmul(x[1], transposeRight: true)]
    },
    OperationCase(
      "convolution 2·9·11·16 to 24",
      [.normal([2, 9, 11, 16]), .normal([24, 16, 3, 3]), .normal([24])]
    ) { _, x in
      [try x[0].convolution(weight: x[1], bias: x[2], ConvolutionGeometry(before: 1, after: 1))]
    },
    OperationCase(
      "convolution 2·9·17·32 to 48 by a row of 7, relu",
      [.normal([2, 9, 17, 32]), .normal([48, 32, 1, 7]), .normal([48])]
    ) { _, x in
      [try x[0].convolution(weight: x[1], bias: x[2], .same(rows: 1, columns: 7)).relu()]
    },
    OperationCase(
      "convolution 1·12·12·16 to 8 by halves", [.normal([1, 12, 12, 16]), .normal([8, 16, 3, 3])]
    ) { _, x in
      let geometry = ConvolutionGeometry(stride: 2, before: 0, after: 1)
      return [try x[0].convolution(weight: x[1], bias: nil, geometry)]
    },
    OperationCase(
      "convolution 1·16·16·64 to 3, 1 by 1", [.normal([1, 16, 16, 64]), .normal([3, 64, 1, 1])]
    ) { _, x in
      [try x[0].convolution(weight: x[1], bias: nil, ConvolutionGeometry(before: 0, after: 0))]
    },
    // Enough tiles for minimal filtering, some of them over the edges.
    OperationCase(
      "convolution 2·22·25·16 to 32, relu",
      [.normal([2, 22, 25, 16]), .normal([32, 16, 3, 3]), .normal([32])]
    ) { _, x in
      let geometry = ConvolutionGeometry(
        rows: Padding(before: 1, after: 0), columns: Padding(before: 0, after: 2))
      return [try x[0].convolution(weight: x[1], bias: x[2], geometry).relu()]
    },
    OperationCase(
      "residual block of 1·33·32·16",
      [
        .normal([1, 33, 32, 16]), .normal([16, 16, 3, 3]), .normal([16]), .normal([16, 16, 1, 1]),
      ]
    ) { _, x in
      let same = ConvolutionGeometry(before: 1, after: 1)
      let y = try x[0] + x[0].convolution(weight: x[1], bias: x[2], same)
      let none = ConvolutionGeometry(before: 0, after: 0)
      let shortcut = try y.convolution(weight: x[3], bias: nil, none)
      return [try shortcut + y.convolution(weight: x[1], bias: nil, same), try y.gelu()]
    },
    // Gradients would read what is folded away.
    OperationCase(
      "convolution of 1·15·18·32 upsampled, to 16",
      [.normal([1, 15, 18, 32]), .normal([16, 32, 3, 3]), .normal([16])],
      differentiable: false
    ) { _, x in
      let same = ConvolutionGeometry(before: 1, after: 1)
      return [try x[0].upsampledNearest(2).convolution(weight: x[1], bias: x[2], same)]
    },
    OperationCase(
      "convolution of 2·5·7·24 upsampled, to 8, silu",
      [.normal([2, 5, 7, 24]), .normal([8, 24, 3, 3]), .normal([8])],
      differentiable: false
    ) { _, x in
      let same = ConvolutionGeometry(before: 1, after: 1)
      return [try x[0].upsampledNearest(2).convolution(weight: x[1], bias: x[2], same).silu()]
    },
    OperationCase(
      "convolution of 1·5·7·8 upsampled three times, added",
      [
        .normal([1, 5, 7, 8]), .normal([8, 8, 3, 3]), .normal([1, 15, 21, 8]),
      ], differentiable: false
    ) { _, x in
      let same = ConvolutionGeometry(before: 1, after: 1)
      return [try x[2] + x[0].upsampledNearest(3).convolution(weight: x[1], bias: nil, same)]
    },
    OperationCase("upsampleNearest 2·8·8·33", [.normal([2, 8, 8, 33])]) { _, x in
      [try x[0].upsampledNearest(2)]
    },
    OperationCase("attention 2·33·96, 3 heads", [.normal([2, 33, 288])]) { _, x in
      [try x[0].attention(heads: 3)]
    },
    OperationCase(
      "layerNormModulate 3·65·130",
      [.normal([3, 65, 130]), .normal([3, 130]), .normal([3, 130])]
    ) { _, x in [try x[0].layerNormModulated(shift: x[1], scale: x[2], epsilon: 1e-6)] },
    OperationCase(
      "gatedResidual 3·65·130",
      [.normal([3, 65, 130]), .normal([3, 130]), .normal([3, 65, 130])]
    ) { _, x in [try x[0].gatedResidual(gate: x[1], branch: x[2])] },
    OperationCase(
      "groupNorm 2·17·16·64", [.normal([2, 17, 16, 64]), .normal([64]), .normal([64])]
    ) { _, x in
      let settings = GroupNormSettings(groups: 32, epsilon: 1e-6, silu: true)
      return [try x[0].groupNorm(weight: x[1], bias: x[2], settings)]
    },
    OperationCase(
      "adamW 70·130",
      [
        .normal([70, 130]), .normal([70, 130]), .normal([70, 130]), .positive([70, 130]),
        .normal([70, 130]), .values([0.01, 0.19, 0.002, 0.9, 0.5], [5]),
      ], differentiable: false
    ) { graph, x in
      let settings = AdamWSettings(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01)
      return try graph.add(.adamW(settings), x)
    },
  ]
