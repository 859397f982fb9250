import TensorGraph
import Testing

/// What operations refuse, in words that name the operation and its operands.
struct ShapeRuleTests {
  private func expectError(
    _ description: String, _ shapes: [Shape], rows: Shape? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: ([Tensor]) throws -> Any
  ) throws {
    let graph = Graph()
    var tensors = try shapes.enumerated().map { try graph.input("x\($0.offset)", $0.element) }
    if let rows { tensors.append(try graph.input("rows", rows, .int32)) }
    let count = graph.nodes.count
    let error = #expect(throws: ShapeError.self, sourceLocation: sourceLocation) {
      try body(tensors)
    }
    #expect(error?.description == description, sourceLocation: sourceLocation)
    #expect(graph.nodes.count == count, "nothing is added", sourceLocation: sourceLocation)
  }

  @Test func elementwise() throws {
    try expectError("add(float32[2, 3], float32[4]): shapes do not broadcast", [[2, 3], [4]]) {
      try $0[0] + $0[1]
    }
    try expectError("gelu(int32[2]): takes float32 only", [], rows: [2]) { try $0[0].gelu() }
    try expectError("add(float32[2], int32[2]): takes float32 only", [[2]], rows: [2]) {
      try $0[0] + $0[1]
    }
  }

  @Test func movement() throws {
    try expectError("reshape(float32[2, 3]): [4, 2] has another number of elements", [[2, 3]]) {
      try $0[0].reshaped([4, 2])
    }
    try expectError("transpose(float32[2, 3]): [0, 0] is no permutation of its axes", [[2, 3]]) {
      try $0[0].transposed([0, 0])
    }
    try expectError("broadcast(float32[2, 3]): does not broadcast to [3]", [[2, 3]]) {
      try $0[0].broadcast(to: [3])
    }
    try expectError("slice(float32[2, 3]): has no range 1..<4 along axis 1", [[2, 3]]) {
      try $0[0].slice(axis: 1, 1..<4)
    }
    try expectError("slice(float32[2]): has no axis -1", [[2]]) {
      try $0[0].slice(axis: -1, 0..<1)
    }
    try expectError("slice(float32[2]): has no range 1..<1 along axis 0", [[2]]) {
      try $0[0].slice(axis: 0, 1..<1)
    }
    try expectError("pad(float32[2]): padding must not be negative", [[2]]) {
      try $0[0].padded(axis: 0, before: -1, after: 0)
    }
    try expectError(
      "concatenate(float32[2, 3], float32[3, 3]): shapes may differ along axis 1 only",
      [[2, 3], [3, 3]]
    ) { try $0[0].concatenated(with: $0[1], axis: 1) }
    try expectError("concatenate(float32[2, 3], float32[2]): ranks differ", [[2, 3], [2]]) {
      try $0[0].concatenated(with: $0[1], axis: 1)
    }
    try expectError("split(float32[5]): axis 0 is no multiple of 2", [[5]]) {
      try $0[0].split(2, axis: 0)
    }
    try expectError("split(float32[5]): axis 0 is no multiple of 0", [[5]]) {
      try $0[0].split(0, axis: 0)
    }
    try expectError("reduceSum(float32[5]): has no axes [1]", [[5]]) { try $0[0].sum([1]) }
    try expectError("reduceSum(float32[5]): has no axes [0, 0]", [[5]]) { try $0[0].sum([0, 0]) }
  }

  @Test func tables() throws {
    try expectError(
      "gather(float32[4, 2], float32[3]): the table must be float32, row numbers int32",
      [[4, 2], [3]]
    ) { try $0[0].gather($0[1]) }
    try expectError(
      "scatterAdd(int32[3], float32[]): updates must have one row for every row number", [[]],
      rows: [3]
    ) { try $0[0].graph.add(.scatterAdd(rows: 4), [$0[1], $0[0]]) }
    try expectError(
      "scatterAdd(int32[], float32[]): updates must have one row for every row number", [[]],
      rows: []
    ) { try $0[0].graph.add(.scatterAdd(rows: 4), [$0[1], $0[0]]) }
  }

  @Test func contractions() throws {
    try expectError(
      "linear(float32[2, 3], float32[4, 5]): the last axis of x must be the weight's second",
      [[2, 3], [4, 5]]
    ) { try $0[0].linear(weight: $0[1], bias: nil) }
    try expectError(
      "linear(float32[2, 3], float32[4, 3], float32[3]): operand 2 must have shape [4]",
      [[2, 3], [4, 3], [3]]
    ) { try $0[0].linear(weight: $0[1], bias: $0[2]) }
    try expectError(
      "matmul(float32[2, 3], float32[2, 3]): contracts 3 with 2", [[2, 3], [2, 3]]
    ) { try $0[0].matmul($0[1]) }
    try expectError(
      "matmul(float32[2, 3, 4], float32[3, 4, 3]): leading axes must be equal",
      [[2, 3, 4], [3, 4, 3]]
    ) { try $0[0].matmul($0[1]) }
  }

  @Test func convolutions() throws {
    let plain = ConvolutionGeometry(before: 0, after: 0)
    try expectError(
      "convolution(float32[1, 4, 4, 3], float32[2, 4, 3, 3]): x has 3 channels, the weight takes 4",
      [[1, 4, 4, 3], [2, 4, 3, 3]]
    ) { try $0[0].convolution(weight: $0[1], bias: nil, plain) }
    // Rounding towards zero must not make a row of nothing, whatever the stride.
    for stride in [1, 2, 3] {
      try expectError(
        "convolution(float32[1, 2, 4, 3], float32[2, 3, 3, 3]): "
          + "the kernel is larger than the padded image", [[1, 2, 4, 3], [2, 3, 3, 3]]
      ) {
        try $0[0].convolution(
          weight: $0[1], bias: nil, ConvolutionGeometry(stride: stride, before: 0, after: 0))
      }
    }
    try expectError(
      "convolution(float32[1, 4, 4, 3], float32[2, 3, 3, 3]): "
        + "stride must be at least 1, padding not negative", [[1, 4, 4, 3], [2, 3, 3, 3]]
    ) {
      try $0[0].convolution(
        weight: $0[1], bias: nil, ConvolutionGeometry(stride: 0, before: 0, after: 0))
    }
    try expectError(
      "convolutionInputGradient(float32[2, 3, 3, 3], float32[1, 4, 4, 2]): "
        + "operand 1 must have shape [1, 2, 2, 2]", [[2, 3, 3, 3], [1, 4, 4, 2]]
    ) { try $0[0].graph.add(.convolutionInputGradient(plain, input: [1, 4, 4, 3]), $0) }
    try expectError(
      "convolutionWeightGradient(float32[1, 4, 4, 3], float32[1, 4, 4, 2]): "
        + "operand 1 must have shape [1, 2, 2, 2]", [[1, 4, 4, 3], [1, 4, 4, 2]]
    ) { try $0[0].graph.add(.convolutionWeightGradient(plain, weight: [2, 3, 3, 3]), $0) }
    try expectError(
      "sumPool(float32[1, 3, 4, 1]): height and width must be multiples of 2", [[1, 3, 4, 1]]
    ) { try $0[0].graph.add(.sumPool(factor: 2), $0) }
    try expectError(
      "upsampleNearest(float32[1, 2, 2, 1]): the factor must be at least 1", [[1, 2, 2, 1]]
    ) {
      try $0[0].upsampledNearest(0)
    }
  }

  @Test func paddingOnOneSide() throws {
    try expectError(
      "convolution(float32[1, 2, 9, 3], float32[2, 3, 3, 1]): "
        + "the kernel is larger than the padded image", [[1, 2, 9, 3], [2, 3, 3, 1]]
    ) {
      try $0[0].convolution(
        weight: $0[1], bias: nil, ConvolutionGeometry(columns: Padding(1)))
    }
    try expectError(
      "convolution(float32[1, 4, 4, 3], float32[2, 3, 3, 3]): "
        + "stride must be at least 1, padding not negative", [[1, 4, 4, 3], [2, 3, 3, 3]]
    ) {
      try $0[0].convolution(
        weight: $0[1], bias: nil, ConvolutionGeometry(columns: Padding(before: 1, after: -1)))
    }
  }

  @Test func pooling() throws {
    try expectError(
      "maxPool(float32[1, 2, 4, 1]): the window is larger than the padded image", [[1, 2, 4, 1]]
    ) { try $0[0].maxPooled(PoolingGeometry(window: 3, stride: 1)) }
    for (window, stride, padding) in [(0, 1, 0), (-1, 1, 0), (3, 0, 0), (3, 1, -1), (3, 1, 3)] {
      try expectError(
        "averagePool(float32[1, 4, 4, 1]): "
          + "stride and window must be at least 1, padding from 0 to below the window",
        [[1, 4, 4, 1]]
      ) {
        try $0[0].averagePooled(PoolingGeometry(window: window, stride: stride, padding: padding))
      }
    }
    let geometry = PoolingGeometry(window: 2, stride: 2)
    try expectError(
      "maxPoolGradient(float32[1, 4, 4, 1], float32[1, 4, 4, 1]): "
        + "operand 1 must have shape [1, 2, 2, 1]", [[1, 4, 4, 1], [1, 4, 4, 1]]
    ) { try $0[0].graph.add(.maxPoolGradient(geometry), $0) }
    try expectError(
      "averagePoolGradient(float32[1, 4, 4, 1]): operand 0 must have shape [1, 2, 2, 1]",
      [[1, 4, 4, 1]]
    ) { try $0[0].graph.add(.averagePoolGradient(geometry, input: [1, 4, 4, 1]), $0) }
  }

  @Test(arguments: [0, -1, 4, Int.max])
  func heads(_ heads: Int) throws {
    try expectError(
      "attention(float32[1, 2, 9]): the last axis must be a multiple of 3·\(heads) heads",
      [[1, 2, 9]]
    ) { try $0[0].attention(heads: heads) }
    try expectError(
      "attentionGradient(float32[1, 2, 9], float32[1, 2, 3]): "
        + "the last axis must be a multiple of 3·\(heads) heads", [[1, 2, 9], [1, 2, 3]]
    ) { try $0[0].graph.add(.attentionGradient(heads: heads), $0) }
  }

  @Test func compositions() throws {
    try expectError("attention(float32[2, 9]): operand 0 must have rank 3", [[2, 9]]) {
      try $0[0].attention(heads: 1)
    }
    try expectError(
      "layerNormModulate(float32[2, 3, 4], float32[2, 4], float32[3, 4]): "
        + "operand 2 must have shape [2, 4]", [[2, 3, 4], [2, 4], [3, 4]]
    ) { try $0[0].layerNormModulated(shift: $0[1], scale: $0[2], epsilon: 1e-6) }
    try expectError(
      "gatedResidual(float32[2, 3, 4], float32[2, 4], float32[2, 4]): "
        + "operand 2 must have shape [2, 3, 4]", [[2, 3, 4], [2, 4], [2, 4]]
    ) { try $0[0].gatedResidual(gate: $0[1], branch: $0[2]) }
    for groups in [0, 3] {
      try expectError(
        "groupNorm(float32[1, 2, 4], float32[4], float32[4]): "
          + "channels must be a multiple of \(groups) groups", [[1, 2, 4], [4], [4]]
      ) {
        try $0[0].groupNorm(
          weight: $0[1], bias: $0[2],
          GroupNormSettings(groups: groups, epsilon: 1e-6, silu: false))
      }
    }
    let settings = AdamWSettings(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0)
    try expectError(
      "adamW(float32[2], float32[2], float32[2], float32[2], float32[2], float32[4]): "
        + "operand 5 must have shape [5]", [[2], [4]]
    ) { x in try x[0].graph.add(.adamW(settings), [x[0], x[0], x[0], x[0], x[0], x[1]]) }
    try expectError("input(float32[2]): is a source: its type is given, not inferred", [[2]]) {
      try $0[0].graph.add(.input("y"), $0)
    }
    try expectError("gelu(float32[2], float32[2]): takes 1…1 operands", [[2]]) {
      try $0[0].graph.add(.unary(.gelu), [$0[0], $0[0]])
    }
  }
}
