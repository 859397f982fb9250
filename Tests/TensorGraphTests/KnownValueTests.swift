import EngineTestSupport
import ReferenceExecutor
import TensorGraph
import Testing

/// Operations with a subtle definition against numbers from NumPy.
struct KnownValueTests {
  private static let points: [Float] = [-3, -1, -0.5, 0, 0.5, 1, 3]

  @Test(arguments: [
    (
      UnaryFunction.gelu,
      [
        -0.00363739208177, -0.158808009392, -0.154285990175, 0, 0.345714009825, 0.841191990608,
        2.99636260792,
      ]
    ),
    (
      .silu,
      [
        -0.142277619533, -0.26894142137, -0.188770334399, 0, 0.311229665601, 0.73105857863,
        2.85772238047,
      ]
    ),
    (
      .logistic,
      [
        0.0474258731776, 0.26894142137, 0.377540668798, 0.5, 0.622459331202, 0.73105857863,
        0.952574126822,
      ]
    ),
    (
      .tanh,
      [
        -0.995054753687, -0.761594155956, -0.46211715726, 0, 0.46211715726, 0.761594155956,
        0.995054753687,
      ]
    ),
    (
      .geluDerivative,
      [
        -0.011584166631, -0.0829640838458, 0.132630096465, 0.5, 0.867369903535, 1.08296408385,
        1.01158416663,
      ]
    ),
    (
      .siluDerivative,
      [
        -0.0881041060152, 0.0723294881285, 0.260038812697, 0.5, 0.739961187303, 0.927670511871,
        1.08810410602,
      ]
    ),
    (.negate, [3, 1, 0.5, 0, -0.5, -1, -3]),
    (.relu, [0, 0, 0, 0, 0.5, 1, 3]),
    (
      .sine,
      [
        -0.14112000806, -0.841470984808, -0.479425538604, 0, 0.479425538604, 0.841470984808,
        0.14112000806,
      ]
    ),
    (
      .cosine,
      [
        -0.9899924966, 0.540302305868, 0.87758256189, 1, 0.87758256189, 0.540302305868,
        -0.9899924966,
      ]
    ),
    (
      .exponential,
      [
        0.0497870683679, 0.367879441171, 0.606530659713, 1, 1.6487212707, 2.71828182846,
        20.0855369232,
      ]
    ),
  ])
  func unary(_ function: UnaryFunction, _ values: [Double]) throws {
    let operation = OperationCase(
      "\(function)", [.values(Self.points, [7])], differentiable: false
    ) { _, x in [try x[0](function)] }
    try check(operation, expecting: values)
  }

  @Test func logarithmAndSquareRoot() throws {
    let draw = Draw.values([0.25, 1, 4], [3])
    try check(
      OperationCase("log", [draw]) { _, x in [try x[0].logarithm()] },
      expecting: [-1.38629436112, 0, 1.38629436112])
    try check(
      OperationCase("sqrt", [draw]) { _, x in [try x[0].squareRoot()] }, expecting: [0.5, 1, 2])
  }

  @Test(
    arguments: [
      (BinaryFunction.add, [3.0, 0, 5, -3]), (.subtract, [1, 4, -3, -3]),
      (.multiply, [2, -4, 4, 0]),
      (.divide, [2, -1, 0.25, -.infinity]), (.maximum, [2, 2, 4, 0]), (.minimum, [1, -2, 1, -3]),
      (.greaterOrEqual, [1, 1, 0, 0]),
    ] as [(BinaryFunction, [Double])])
  func binary(_ function: BinaryFunction, _ values: [Double]) throws {
    let graph = Graph()
    let (a, b) = (try graph.input("a", [4]), try graph.input("b", [4]))
    graph.output("y", try graph.add(.binary(function), [a, b])[0])
    let outputs = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["a": [2, 2, 1, -3], "b": [1, -2, 4, 0]])
    #expect(outputs["y"] == values)
  }

  @Test func layerNormModulate() throws {
    let operation = OperationCase(
      "layerNormModulate",
      [
        .values([1, 2, 4, -1, 0, 3, 0.5, 0.25, -2, 10, 20, 30], [2, 2, 3]),
        .values([0.5, -0.5, 0.25, 1, 2, 3], [2, 3]), .values([0, 0.5, -1, 2, 0.25, -0.5], [2, 3]),
      ]
    ) { _, x in [try x[0].layerNormModulated(shift: x[1], scale: x[2], epsilon: 0.5)] }
    try check(
      operation, yields: [2, 2, 3],
      expecting: [
        -0.429981109951, -0.848742916231, 0.25, -0.405357460425, -1.04321447626, 0.25,
        3.07060415696, 2.62745580514, 2.40391698512, -2.66053325652, 2, 3.61008887609,
      ])
  }

  @Test(arguments: [
    (
      false,
      [
        0.408248290464, 3.44948974278, 0.908248290464, -0.795875854768, -1.22474487139,
        0.183503419072, 1.72474487139, -0.387627564304, -1.22474487139, 0.183503419072,
        0.640028008403, -1.63012603781, 1.22474487139, 1.81649658093, -0.48019605882,
        -0.789957987396,
      ]
    ),
    (
      true,
      [
        0.245221593293, 3.34330037471, 0.647255492295, -0.247444491789, -0.278142645959,
        0.100146541996, 1.46385823173, -0.156713384563, -0.278142645959, 0.100146541996,
        0.419064605603, -0.267035993187, 0.946602225433, 1.562450839, -0.183533733159,
        -0.246607260025,
      ]
    ),
  ])
  func groupNorm(silu: Bool, values: [Double]) throws {
    let operation = OperationCase(
      "groupNorm",
      [
        .values([1, 2, 3, 4, -1, 0, 2, 5, 0, 1, 0, -1, 3, 2, 1, 0.5], [2, 1, 2, 4]),
        .values([1, 2, -1, 0.5], [4]), .values([0, 1, 0.5, -1], [4]),
      ]
    ) { _, x in
      let settings = GroupNormSettings(groups: 2, epsilon: 0.25, silu: silu)
      return [try x[0].groupNorm(weight: x[1], bias: x[2], settings)]
    }
    try check(operation, yields: [2, 1, 2, 4], expecting: values)
  }

  @Test func attention() throws {
    let qkv: [Float] = [
      1, 0, -1, 2, 0.5, 1, 0, 1, 1, 2, 3, 4, -1, 1, 0.5, 0, 2, -1, 1, 1, -1, 0, 2, -2,
    ]
    let operation = OperationCase("attention", [.values(qkv, [1, 2, 12])]) { _, x in
      [try x[0].attention(heads: 2)]
    }
    try check(
      operation, yields: [1, 2, 4],
      expecting: [
        -0.485633369546, 0.514366630454, 2.66976154933, 2.01856929596, 0.844722991863,
        1.84472299186, 2.41252099916, 0.475125994962,
      ])
  }

  /// Scores far beyond what the exponential can hold.
  @Test func attentionOfLargeScores() throws {
    let operation = OperationCase(
      "attention", [.values([100, 100, 7, 100, -100, 3], [1, 2, 3])], differentiable: false
    ) { _, x in [try x[0].attention(heads: 1)] }
    try check(operation, expecting: [7, 7])
  }

  @Test func convolution() throws {
    let padded = OperationCase(
      "convolution",
      [
        .values((1...16).map { Float($0) }, [1, 4, 4, 1]),
        .values((1...9).map { Float($0) }, [1, 1, 3, 3]), .values([0.5], [1]),
      ]
    ) { _, x in
      let geometry = ConvolutionGeometry(stride: 2, before: 0, after: 1)
      return [try x[0].convolution(weight: x[1], bias: x[2], geometry)]
    }
    try check(padded, yields: [1, 2, 2, 1], expecting: [348.5, 252.5, 274.5, 175.5])
    let channels = OperationCase(
      "convolution",
      [
        .values([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]),
        .values([1, 0, 0, -1, 2, 1, 0, 0, 0, 1, 1, 0, -1, 0, 0, 2], [2, 2, 2, 2]),
      ]
    ) { _, x in
      [
        try x[0].convolution(
          weight: x[1], bias: nil, ConvolutionGeometry(before: 0, after: 0))
      ]
    }
    try check(channels, yields: [1, 1, 1, 2], expecting: [2, 22])
  }

  /// Rows and columns in different ways: a kernel of 1 × 2, padded to the left.
  @Test func convolutionPaddedOnOneSide() throws {
    let operation = OperationCase(
      "convolution",
      [.values([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]), .values([10, 1], [1, 1, 1, 2])]
    ) { _, x in
      let geometry = ConvolutionGeometry(columns: Padding(before: 1, after: 0))
      return [try x[0].convolution(weight: x[1], bias: nil, geometry)]
    }
    try check(operation, yields: [1, 2, 3, 1], expecting: [1, 12, 23, 4, 45, 56])
  }

  @Test func pooling() throws {
    let x = Draw.values([1, 2, 3, 4, 5, 6, 7, 8, -9], [1, 3, 3, 1])
    func expect(
      _ values: [Double], _ shape: Shape, sourceLocation: SourceLocation = #_sourceLocation,
      _ body: @escaping @Sendable (Tensor) throws -> Tensor
    ) throws {
      try check(
        OperationCase("pooling", [x]) { _, x in [try body(x[0])] }, yields: shape,
        expecting: values, sourceLocation: sourceLocation)
    }
    let overlapping = PoolingGeometry(window: 2, stride: 1)
    try expect([5, 6, 8, 8], [1, 2, 2, 1]) { try $0.maxPooled(overlapping) }
    try expect([3, 4, 6, 2.5], [1, 2, 2, 1]) { try $0.averagePooled(overlapping) }
    // Pixels outside count for nothing: the corners are means of four, the edges of six.
    let padded = PoolingGeometry(window: 3, stride: 1, padding: 1)
    try expect(
      [3, 3.5, 4, 4.5, 3, 2.5, 6, 3.5, 2.5], [1, 3, 3, 1]
    ) { try $0.averagePooled(padded) }
    // Nor are they zeros.
    try expect([-1, -2, -4, 9], [1, 2, 2, 1]) {
      try $0(.negate).maxPooled(PoolingGeometry(window: 2, stride: 2, padding: 1))
    }
  }

  /// Equal largest pixels: the first of the window gets the gradient, as in StableHLO.
  @Test func pooledTies() throws {
    let graph = Graph()
    let x = try graph.input("x", [1, 2, 3, 1])
    let y = try x.maxPooled(PoolingGeometry(window: 2, stride: 1))
    graph.output("dx", try y.sum().gradients(withRespectTo: [x])[0])
    let outputs = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["x": [0, 3, 1, 3, 3, 3]])
    #expect(outputs["dx"] == [0, 2, 0, 0, 0, 0])
  }

  /// The corner of relu has the gradient 0, as in PyTorch.
  @Test func reluAtZero() throws {
    let graph = Graph()
    let x = try graph.input("x", [3])
    graph.output("dx", try x.relu().sum().gradients(withRespectTo: [x])[0])
    let outputs = try ReferenceExecutor<Double>().evaluate(graph, inputs: ["x": [-1, 0, 1]])
    #expect(outputs["dx"] == [0, 0, 1])
  }

  @Test func movement() throws {
    let x = Draw.values([1, 2, 3, 4, 5, 6], [2, 3])
    func expect(
      _ values: [Double], _ shape: Shape, sourceLocation: SourceLocation = #_sourceLocation,
      _ body: @escaping @Sendable (Tensor) throws -> Tensor
    ) throws {
      try check(
        OperationCase("movement", [x]) { _, x in [try body(x[0])] }, yields: shape,
        expecting: values, sourceLocation: sourceLocation)
    }
    try expect([1, 2, 3, 4, 5, 6], [3, 2]) { try $0.reshaped([3, 2]) }
    try expect([1, 4, 2, 5, 3, 6], [3, 2]) { try $0.transposed([1, 0]) }
    try expect([2, 3, 5, 6], [2, 2]) { try $0.slice(axis: 1, 1..<3) }
    try expect([0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0], [2, 6]) {
      try $0.padded(axis: 1, before: 1, after: 2)
    }
    try expect([1, 2, 3, 2, 4, 5, 6, 5], [2, 4]) {
      try $0.concatenated(with: $0.slice(axis: 1, 1..<2), axis: 1)
    }
    try expect([6, 15], [2]) { try $0.sum([1]) }
    try expect([2.5, 3.5, 4.5], [3]) { try $0.mean([0]) }
    try expect([6, 6, 15, 15], [2, 2]) { try $0.sum([1]).reshaped([2, 1]).broadcast(to: [2, 2]) }
    try expect([1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3], [1, 2, 6, 1]) {
      try $0.slice(axis: 0, 0..<1).reshaped([1, 1, 3, 1]).upsampledNearest(2)
    }
    try expect([21], [1, 1, 1, 1]) {
      let square = try $0.reshaped([1, 2, 3, 1]).padded(axis: 1, before: 0, after: 1)
      return try square.graph.add(.sumPool(factor: 3), [square])[0]
    }
  }

  /// A permutation that is not its own inverse.
  @Test func transposeMovesAxes() throws {
    let operation = OperationCase("transpose", [.values([1, 2, 3, 4, 5, 6], [1, 2, 3])]) { _, x in
      [try x[0].transposed([2, 0, 1])]
    }
    try check(operation, yields: [3, 1, 2], expecting: [1, 4, 2, 5, 3, 6])
  }

  @Test func gatherAndScatterAdd() throws {
    let graph = Graph()
    let rows = try graph.input("rows", [3], .int32)
    let table = try graph.input("table", [3, 2])
    let gathered = try table.gather(rows)
    graph.output("gathered", gathered)
    graph.output("scattered", try graph.add(.scatterAdd(rows: 3), [rows, gathered])[0])
    let outputs = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["table": [1, 2, 3, 4, 5, 6]], integers: ["rows": [2, 0, 2]])
    #expect(outputs["gathered"] == [5, 6, 1, 2, 5, 6])
    #expect(outputs["scattered"] == [1, 2, 0, 0, 10, 12])
  }

  @Test func linearAndMatmul() throws {
    let x = Draw.values([1, 2, 3, 4], [2, 2])
    let weight = Draw.values([1, 0, -1, 2, 0.5, 1], [3, 2])
    let linear = OperationCase("linear", [x, weight, .values([10, 20, 30], [3])]) { _, x in
      [try x[0].linear(weight: x[1], bias: x[2])]
    }
    try check(linear, yields: [2, 3], expecting: [11, 23, 32.5, 13, 25, 35.5])
    for (left, right, values) in [
      (false, false, [7.0, 10, 15, 22]), (true, false, [10, 14, 14, 20]),
      (false, true, [5, 11, 11, 25]), (true, true, [7, 15, 10, 22]),
    ] {
      let operation = OperationCase("matmul", [x]) { _, x in
        [try x[0].matmul(x[0], transposeLeft: left, transposeRight: right)]
      }
      try check(operation, expecting: values)
    }
  }

  /// Two steps of PyTorch's AdamW and the average of its parameters.
  @Test func adamW() throws {
    let settings = AdamWSettings(beta1: 0.5, beta2: 0.75, epsilon: 0.125, weightDecay: 0.25)
    let graph = Graph()
    let names = ["p", "g", "m", "v", "e"]
    let operands = try names.map { try graph.input($0, [2]) } + [graph.input("rates", [5])]
    let results = try graph.add(.adamW(settings), operands)
    for (name, result) in zip(["p", "m", "v", "e"], results) { graph.output(name, result) }

    var state: [String: [Double]] = ["p": [1, -2], "m": [0, 0], "v": [0, 0], "e": [1, -2]]
    let steps: [(gradient: [Double], rates: [Double], expected: [String: [Double]])] = [
      (
        [0.5, -1], [0.1, 0.5, 0.25, 0.5, 0.5],
        [
          "p": [0.908333333333, -1.87], "m": [0.125, -0.25], "v": [0.015625, 0.0625],
          "e": [0.954166666667, -1.935],
        ]
      ),
      (
        [-1, 2], [0.1, 0.75, 0.4375, 0.5, 0.5],
        [
          "p": [0.932190580259, -1.87595067391], "m": [-0.1875, 0.375],
          "v": [0.07421875, 0.296875], "e": [0.943178623463, -1.90547533696],
        ]
      ),
    ]
    for step in steps {
      let inputs = state.merging(["g": step.gradient, "rates": step.rates]) { $1 }
      state = try ReferenceExecutor<Double>().evaluate(graph, inputs: inputs)
      var error = LargestError()
      for (name, values) in step.expected {
        error.merge(name, found: state[name] ?? [], expected: values, shape: [2], floor: 1)
      }
      #expect(error.error < 1e-9, "\(error)")
    }
  }
}
