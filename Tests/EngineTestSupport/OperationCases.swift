import TensorGraph

/// Uses of every operation: several shapes, odd sizes, each option both ways.
public let operationCases: [OperationCase] =
  elementwiseCases + movementCases + contractionCases + convolutionCases + poolingCases
  + attentionCases + normalisationCases + optimiserCases + compositionCases

// MARK: Element by element

private let elementwiseCases: [OperationCase] = {
  let shapes: [Shape] = [[], [1], [5, 7], [2, 3, 11]]
  let unary = UnaryFunction.allCases.flatMap { function in
    shapes.map { shape in
      let takesPositive = function == .logarithm || function == .squareRoot
      return OperationCase(
        "\(function) \(shape)", [takesPositive ? .positive(shape) : .normal(shape)],
        differentiable: function != .geluDerivative && function != .siluDerivative
      ) { _, x in [try x[0](function)] }
    }
  }
  let pairs: [(Shape, Shape)] = [
    ([], []), ([2, 3, 4], [2, 3, 4]), ([2, 3, 5], [5]), ([2, 3, 5], [3, 1]), ([2, 3, 5], []),
    ([5], [2, 3, 5]), ([1, 3, 1], [2, 1, 4]), ([2, 1, 5, 3], [2, 4, 1, 3]), ([1], [3]),
    ([3, 1, 1, 2], [1, 2, 3, 1]), ([33], [33]),
  ]
  let binary = BinaryFunction.allCases.flatMap { function in
    pairs.map { a, b in
      OperationCase(
        "\(function) \(a) \(b)", [.normal(a), function == .divide ? .positive(b) : .normal(b)]
      ) { graph, x in [try graph.add(.binary(function), [x[0], x[1]])[0]] }
    }
  }
  let shared = BinaryFunction.allCases.filter { $0 != .maximum && $0 != .minimum }.map { function in
    OperationCase("\(function) with itself", [.positive([3, 4])]) { graph, x in
      [try graph.add(.binary(function), [x[0], x[0]])[0]]
    }
  }
  return unary + binary + shared
}()

// MARK: Movement

private let movementCases: [OperationCase] = {
  let reshapes: [(Shape, Shape)] = [([2, 3, 4], [4, 6]), ([1, 1], []), ([6], [1, 3, 2])]
  let permutations: [(Shape, [Int])] = [
    ([3, 5], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4, 5], [0, 2, 1, 3]),
    ([2, 3, 1, 5], [3, 2, 1, 0]), ([2, 2, 3, 2, 3, 2], [0, 1, 3, 2, 4, 5]),
    ([17, 5], [1, 0]),
  ]
  let broadcasts: [(Shape, Shape)] = [
    ([3, 1], [2, 3, 4]), ([], [2, 3]), ([4], [3, 4]), ([1, 3, 1], [5, 3, 2]),
  ]
  let slices: [(Shape, Int, Range<Int>)] = [
    ([5], 0, 1..<4), ([5, 3], 0, 2..<5), ([2, 5, 3], 1, 0..<2), ([2, 3, 7], 2, 3..<4),
  ]
  let pads: [(Shape, Int, Int, Int)] = [
    ([3], 0, 2, 1), ([2, 3], 0, 0, 2), ([2, 3, 2], 1, 1, 0), ([2, 3, 2], 2, 2, 3),
  ]
  let concatenations: [([Shape], Int)] = [
    ([[2, 3], [4, 3]], 0), ([[2, 3], [2, 1], [2, 2]], 1), ([[2, 3, 1], [2, 2, 1]], 1),
    ([[1, 2, 3], [1, 2, 2]], 2), ([[3, 2]], 0),
  ]
  let reductions: [(Shape, [Int])] = [
    ([5], [0]), ([2, 3, 5], [0]), ([2, 3, 5], [1]), ([2, 3, 5], [2]), ([2, 3, 5], [0, 2]),
    ([2, 3, 5], [1, 2]), ([2, 3, 5], [0, 1]), ([2, 3, 5], [0, 1, 2]), ([2, 1, 3], [1]),
    ([2, 3, 2, 3], [0, 2]), ([2, 3, 2, 3], [0, 1, 2]), ([3, 41], [1]),
  ]
  let rows: [Shape] = [[], [1], [7], [2, 3]]
  return reshapes.map { x, target in
    OperationCase("reshape \(x) to \(target)", [.normal(x)]) { _, x in [try x[0].reshaped(target)] }
  }
    + permutations.map { x, permutation in
      OperationCase("transpose \(x) by \(permutation)", [.normal(x)]) { _, x in
        [try x[0].transposed(permutation)]
      }
    }
    + broadcasts.map { x, target in
      OperationCase("broadcast \(x) to \(target)", [.normal(x)]) { _, x in
        [try x[0].broadcast(to: target)]
      }
    }
    + slices.map { x, axis, range in
      OperationCase("slice \(x), axis \(axis), \(range)", [.normal(x)]) { _, x in
        [try x[0].slice(axis: axis, range)]
      }
    }
    + pads.map { x, axis, before, after in
      OperationCase("pad \(x), axis \(axis), \(before) + \(after)", [.normal(x)]) { _, x in
        [try x[0].padded(axis: axis, before: before, after: after)]
      }
    }
    + concatenations.map { shapes, axis in
      OperationCase("concatenate \(shapes), axis \(axis)", shapes.map(Draw.normal)) { graph, x in
        try graph.add(.concatenate(axis: axis), x)
      }
    }
    + reductions.map { x, axes in
      OperationCase("reduceSum \(x), axes \(axes)", [.normal(x)]) { _, x in [try x[0].sum(axes)] }
    }
    + rows.map { shape in
      OperationCase("gather \(shape)", [.normal([4, 3]), .rows(shape, below: 4)]) { _, x in
        [try x[0].gather(x[1])]
      }
    }
    + rows.map { shape in
      OperationCase(
        "scatterAdd \(shape)",
        [.rows(shape, below: 4), .normal(Shape(shape.dimensions + [3]))]
      ) { graph, x in try graph.add(.scatterAdd(rows: 5), x) }
    } + [
      OperationCase("concatenate with itself", [.normal([2, 3])]) { _, x in
        [try x[0].concatenated(with: x[0], axis: 0)]
      },
      OperationCase("split", [.normal([2, 9])]) { _, x in try x[0].split(3, axis: 1) },
      OperationCase("sum of all", [.normal([3, 4])]) { _, x in [try x[0].sum()] },
      OperationCase("mean", [.normal([3, 4])]) { _, x in [try x[0].mean(), try x[0].mean([1])] },
      OperationCase(
        "moved row numbers",
        [.normal([6, 2]), .rows([2, 3], below: 6), .rows([4, 3], below: 6)]
      ) { _, x in
        let moved = try x[1].concatenated(with: x[2], axis: 0).slice(axis: 0, 1..<5)
        return [try x[0].gather(moved.transposed([1, 0]).reshaped([2, 6]))]
      },
    ]
}()

// MARK: Contractions

private let contractionCases: [OperationCase] = {
  let linear: [(Shape, Int)] = [
    ([5], 4), ([3, 5], 4), ([2, 3, 5], 1), ([1, 17], 9), ([3, 33], 2),
  ]
  let leading: [[Int]] = [[], [2], [2, 3]]
  return linear.flatMap { x, outputs in
    let weight: Shape = [outputs, x.rowLength]
    return [
      OperationCase("linear \(x) to \(outputs)", [.normal(x), .normal(weight)]) { _, x in
        [try x[0].linear(weight: x[1], bias: nil)]
      },
      OperationCase(
        "linear \(x) to \(outputs) with bias", [.normal(x), .normal(weight), .normal([outputs])]
      ) { _, x in [try x[0].linear(weight: x[1], bias: x[2])] },
    ]
  }
    + leading.flatMap { leading in
      [(false, false), (false, true), (true, false), (true, true)].map { left, right in
        let a = Shape(leading + (left ? [3, 2] : [2, 3]))
        let b = Shape(leading + (right ? [4, 3] : [3, 4]))
        return OperationCase(
          "matmul \(a)\(left ? "ᵀ" : "") \(b)\(right ? "ᵀ" : "")", [.normal(a), .normal(b)]
        ) { _, x in [try x[0].matmul(x[1], transposeLeft: left, transposeRight: right)] }
      }
    } + [
      OperationCase("matmul with itself", [.normal([3, 4])]) { _, x in
        [try x[0].matmul(x[0], transposeRight: true)]
      }
    ]
}()

private let convolutionCases: [OperationCase] = {
  let geometries: [(Shape, Shape, ConvolutionGeometry)] = [
    ([2, 4, 3, 2], [3, 2, 3, 3], ConvolutionGeometry(before: 1, after: 1)),
    ([2, 2, 3, 3], [4, 3, 1, 1], ConvolutionGeometry(before: 0, after: 0)),
    ([1, 6, 6, 2], [3, 2, 3, 3], ConvolutionGeometry(stride: 2, before: 0, after: 1)),
    // One row and column of the padded image meet no kernel.
    ([2, 5, 8, 1], [2, 1, 3, 3], ConvolutionGeometry(stride: 2, before: 0, after: 1)),
    ([1, 5, 7, 2], [2, 2, 3, 3], ConvolutionGeometry(stride: 2, before: 1, after: 1)),
    ([2, 4, 2, 3], [3, 3, 2, 2], ConvolutionGeometry(stride: 2, before: 0, after: 0)),
    ([1, 4, 5, 2], [3, 2, 1, 3], ConvolutionGeometry(before: 0, after: 0)),
    ([1, 1, 1, 1], [1, 1, 3, 3], ConvolutionGeometry(before: 2, after: 1)),
    ([1, 2, 1, 17], [3, 17, 1, 1], ConvolutionGeometry(before: 0, after: 0)),
    // Kernels and padding that differ between the axes.
    ([1, 3, 9, 2], [2, 2, 1, 7], .same(rows: 1, columns: 7)),
    ([2, 5, 3, 2], [3, 2, 5, 1], .same(rows: 5, columns: 1)),
    (
      [1, 5, 6, 2], [2, 2, 3, 2],
      ConvolutionGeometry(
        stride: 2, rows: Padding(before: 2, after: 1), columns: Padding(before: 0, after: 1))
    ),
  ]
  return geometries.flatMap { x, weight, geometry in
    let padding = "\(geometry.rows) \(geometry.columns)"
    let name = "convolution \(x) \(weight) / \(geometry.stride), \(padding)"
    return [
      OperationCase(name, [.normal(x), .normal(weight)]) { _, x in
        [try x[0].convolution(weight: x[1], bias: nil, geometry)]
      },
      OperationCase("\(name) with bias", [.normal(x), .normal(weight), .normal([weight[0]])]) {
        _, x in [try x[0].convolution(weight: x[1], bias: x[2], geometry)]
      },
    ]
  }
    + [1, 2, 3].flatMap { factor in
      [
        OperationCase("upsampleNearest by \(factor)", [.normal([2, 2, 3, 2])]) { _, x in
          [try x[0].upsampledNearest(factor)]
        },
        OperationCase("sumPool by \(factor)", [.normal([2, factor, 2 * factor, 3])]) {
          graph, x in try graph.add(.sumPool(factor: factor), x)
        },
      ]
    }
}()

// MARK: Compositions

private let attentionCases: [OperationCase] = {
  let sizes: [(batch: Int, tokens: Int, width: Int, heads: Int)] = [
    (1, 1, 2, 1), (2, 3, 4, 1), (2, 5, 4, 2), (1, 7, 9, 3), (1, 4, 6, 6), (1, 11, 2, 1),
  ]
  return sizes.map { size in
    OperationCase(
      "attention, B \(size.batch), T \(size.tokens), D \(size.width), \(size.heads) heads",
      [.normal([size.batch, size.tokens, 3 * size.width])]
    ) { _, x in [try x[0].attention(heads: size.heads)] }
  }
}()

private let normalisationCases: [OperationCase] = {
  let tokens: [Shape] = [[2, 3, 5], [1, 1, 4], [3, 4, 3], [1, 2, 33]]
  let images: [(Shape, Int)] = [
    ([2, 3, 3, 4], 2), ([1, 2, 3, 6], 1), ([2, 2, 2, 3], 3), ([2, 5, 6], 3), ([3, 6], 2),
    ([1, 1, 3, 16], 8),
  ]
  return tokens.flatMap { x in
    let row: Shape = [x[0], x[2]]
    return [
      OperationCase("layerNormModulate \(x)", [.normal(x), .normal(row), .normal(row)]) { _, x in
        [try x[0].layerNormModulated(shift: x[1], scale: x[2], epsilon: 1e-6)]
      },
      OperationCase("gatedResidual \(x)", [.normal(x), .normal(row), .normal(x)]) { _, x in
        [try x[0].gatedResidual(gate: x[1], branch: x[2])]
      },
    ]
  }
    + images.flatMap { x, groups in
      [false, true].map { silu in
        OperationCase(
          "groupNorm \(x), \(groups) groups\(silu ? ", silu" : "")",
          [.normal(x), .normal([x.rowLength]), .normal([x.rowLength])]
        ) { _, x in
          let settings = GroupNormSettings(groups: groups, epsilon: 1e-5, silu: silu)
          return [try x[0].groupNorm(weight: x[1], bias: x[2], settings)]
        }
      }
    }
}()

private let optimiserCases: [OperationCase] = {
  let shapes: [Shape] = [[], [1], [3, 5], [67]]
  let decays: [Double] = [0, 0.1]
  return shapes.flatMap { shape in
    decays.map { weightDecay in
      OperationCase(
        "adamW \(shape), weight decay \(weightDecay)",
        [
          .normal(shape), .normal(shape), .normal(shape), .positive(shape), .normal(shape),
          .values([0.01, 0.19, 0.002, 0.9, 0.5], [5]),
        ], differentiable: false
      ) { graph, x in
        let settings = AdamWSettings(
          beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: weightDecay)
        return try graph.add(.adamW(settings), x)
      }
    }
  }
}()

/// Sequences that an executor may fuse, and values that are read again after it.
private let compositionCases: [OperationCase] = [
  OperationCase(
    "linear, gelu, linear", [.normal([2, 3, 4]), .normal([8, 4]), .normal([8]), .normal([4, 8])]
  ) {
    _, x in
    let hidden = try x[0].linear(weight: x[1], bias: x[2]).gelu()
    return [try hidden.linear(weight: x[3], bias: nil)]
  },
  OperationCase("linear read twice", [.normal([3, 4]), .normal([5, 4]), .normal([5])]) { _, x in
    let y = try x[0].linear(weight: x[1], bias: x[2])
    return [y, try y.silu(), try y.gelu()]
  },
  OperationCase("linear plus a tensor", [.normal([3, 4]), .normal([4, 4]), .normal([3, 4])]) {
    _, x in [try x[0].linear(weight: x[1], bias: nil) + x[2], try x[2] * x[2]]
  },
  OperationCase(
    "convolutions and their activations",
    [.normal([1, 4, 4, 2]), .normal([3, 2, 3, 3]), .normal([3]), .normal([2, 3, 1, 1])]
  ) { _, x in
    let same = ConvolutionGeometry.same(rows: 3, columns: 3)
    let y = try x[0].convolution(weight: x[1], bias: x[2], same)
    // The first two are fused; what is read again cannot be.
    let inner = try x[0].convolution(weight: x[1], bias: nil, same).relu()
    let point = ConvolutionGeometry()
    return [
      try inner.convolution(weight: x[3], bias: nil, point).silu(),
      try x[0].convolution(weight: x[1] * 2, bias: x[2], same).gelu(), y, try y.relu(),
    ]
  },
  OperationCase("linear, relu", [.normal([3, 4]), .normal([8, 4]), .normal([8])]) { _, x in
    [try x[0].linear(weight: x[1], bias: x[2]).relu()]
  },
  OperationCase(
    "transformer block",
    [
      .normal([2, 3, 4]), .normal([2, 24]), .normal([12, 4]), .normal([12]), .normal([4, 4]),
      .normal([3, 4]), .normal([4, 3]),
    ]
  ) { _, x in
    let m = try x[1].split(6, axis: 1)
    let normed = try x[0].layerNormModulated(shift: m[0], scale: m[1], epsilon: 1e-6)
    let attended = try normed.linear(weight: x[2], bias: x[3]).attention(heads: 2)
    let middle = try x[0].gatedResidual(
      gate: m[2], branch: attended.linear(weight: x[4], bias: nil))
    let hidden = try middle.layerNormModulated(shift: m[3], scale: m[4], epsilon: 1e-6)
      .linear(weight: x[5], bias: nil).gelu()
    return [try middle.gatedResidual(gate: m[5], branch: hidden.linear(weight: x[6], bias: nil))]
  },
  OperationCase(
    "residual block",
    [
      .normal([1, 2, 4, 4]), .normal([4]), .normal([4]), .normal([4, 4, 3, 3]), .normal([4]),
      .normal([1, 4, 3, 3]),
    ]
  ) { _, x in
    let geometry = ConvolutionGeometry(before: 1, after: 1)
    let normed = try x[0].groupNorm(
      weight: x[1], bias: x[2], GroupNormSettings(groups: 2, epsilon: 1e-6, silu: true))
    let sum = try normed.convolution(weight: x[3], bias: x[4], geometry) + x[0]
    let down = ConvolutionGeometry(stride: 2, before: 0, after: 1)
    let small = try sum.convolution(weight: x[5], bias: nil, down)
    return [sum, try small.upsampledNearest(2)]
  },
  // An intermediate that might be overwritten while a part of it is still read.
  OperationCase("less its own row", [.normal([3, 4]), .normal([2, 3])]) { _, x in
    let (y, z) = (try x[0].exponential(), try x[1].sine())
    return [try y - y.slice(axis: 0, 0..<1), try z.slice(axis: 0, 1..<2) * z]
  },
  OperationCase("passed through", [.normal([2, 3])]) { _, x in [x[0], try x[0].reshaped([6])] },
  OperationCase("constants", [.normal([2, 2])]) { graph, x in
    let table = graph.constant([1, -2, 3, 0.5], shape: [2, 2])
    return [try x[0] * table + 1, try graph.constant(2).broadcast(to: [3]), table]
  },
]
