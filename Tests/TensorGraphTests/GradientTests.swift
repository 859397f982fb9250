import EngineTestSupport
import ReferenceExecutor
import TensorGraph
import Testing

/// The walk backwards: what it asks rules for, and what it refuses.
struct GradientTests {
  /// At a tie the left operand gets the whole gradient.
  @Test(arguments: [BinaryFunction.maximum, .minimum])
  func ties(_ function: BinaryFunction) throws {
    let graph = Graph()
    let (a, b) = (try graph.input("a", [3]), try graph.input("b", [3]))
    let loss = try graph.add(.binary(function), [a, b])[0].sum()
    let gradients = try loss.gradients(withRespectTo: [a, b])
    graph.output("a", gradients[0])
    graph.output("b", gradients[1])
    let outputs = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["a": [1, 2, 3], "b": [1, 2, 3]])
    #expect(outputs["a"] == [1, 1, 1])
    #expect(outputs["b"] == [0, 0, 0])
  }

  @Test func unusedTargetsHaveZeroGradients() throws {
    let graph = Graph()
    let (x, unused) = (try graph.input("x", [2]), try graph.input("unused", [2, 3]))
    let rows = try graph.input("rows", [2], .int32)
    let gradients = try (x.sum() + unused.gather(rows).greaterOrEqual(x.sum()).sum())
      .gradients(withRespectTo: [x, unused])
    #expect(gradients.map(\.shape) == [x.shape, unused.shape])
    graph.output("x", gradients[0])
    graph.output("unused", gradients[1])
    let outputs = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["x": [1, 2], "unused": [1, 2, 3, 4, 5, 6]], integers: ["rows": [0, 1]])
    #expect(outputs["x"] == [1, 1])
    #expect(outputs["unused"] == [0, 0, 0, 0, 0, 0])
  }

  @Test func aTensorIsItsOwnTarget() throws {
    let graph = Graph()
    let x = try graph.input("x", [])
    graph.output("dx", try x.gradients(withRespectTo: [x])[0])
    #expect(try ReferenceExecutor<Double>().evaluate(graph, inputs: ["x": [5]])["dx"] == [1])
  }

  @Test func onlyScalarsHaveGradients() throws {
    let x = try Graph().input("x", [2])
    #expect(throws: ShapeError.self) { try x.gradients(withRespectTo: [x]) }
  }

  @Test func targetsAreOfTheSameGraph() throws {
    let (x, other) = (try Graph().input("x", []), try Graph().input("x", []))
    #expect(throws: ShapeError.self) { try x.gradients(withRespectTo: [other]) }
  }

  @Test func gradientsHaveNoGradients() throws {
    let graph = Graph()
    let qkv = try graph.input("qkv", [1, 2, 6])
    let x = try graph.input("x", [1, 4, 4, 2])
    let weight = try graph.input("weight", [3, 2, 3, 3])
    let tokens = try graph.input("tokens", [1, 3, 2])
    let row = try graph.input("row", [1, 2])
    let channels = try graph.input("channels", [2])
    let rates = try graph.input("rates", [5])
    let geometry = ConvolutionGeometry(before: 1, after: 1)
    let settings = GroupNormSettings(groups: 1, epsilon: 1e-6, silu: false)
    let adamW = AdamWSettings(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0)
    let first: [(loss: Tensor, target: Tensor, name: String)] = [
      (try qkv.attention(heads: 1), qkv, "attentionGradient"),
      (
        try x.convolution(weight: weight, bias: nil, geometry), x, "convolutionInputGradient"
      ),
      (
        try x.convolution(weight: weight, bias: nil, geometry), weight,
        "convolutionWeightGradient"
      ),
      (
        try tokens.layerNormModulated(shift: row, scale: row, epsilon: 1e-6), tokens,
        "layerNormModulateGradient"
      ),
      (try tokens.gatedResidual(gate: row, branch: tokens), row, "gatedResidualGradient"),
      (try x.maxPooled(PoolingGeometry(window: 2, stride: 1)), x, "maxPoolGradient"),
      (try x.groupNorm(weight: channels, bias: channels, settings), x, "groupNormGradient"),
      (try tokens.gelu(), tokens, "geluDerivative"), (try tokens.silu(), tokens, "siluDerivative"),
    ]
    for (result, target, name) in first {
      // The square makes the gradient depend on every operand.
      let gradient = try (result * result).sum().gradients(withRespectTo: [target])[0]
      let error = #expect(throws: GradientError.self) {
        try gradient.sum().gradients(withRespectTo: [target])
      }
      #expect(error?.operation == name)
    }
    let updated = try graph.add(.adamW(adamW), [row, row, row, row, row, rates])
    let error = #expect(throws: GradientError.self) {
      try updated[0].sum().gradients(withRespectTo: [row])
    }
    #expect(error?.description == "adamW: has no gradient rule")
  }

  /// A target may be what another operation yields; nothing behind it is differentiated.
  @Test func theWalkEndsAtTargets() throws {
    let graph = Graph()
    let x = try graph.input("x", [2])
    let slope = try x(.geluDerivative)
    let gradient = try (slope * slope).sum().gradients(withRespectTo: [slope])[0]
    graph.output("gradient", gradient)
    let outputs = try ReferenceExecutor<Double>().evaluate(graph, inputs: ["x": [0, 0]])
    #expect(outputs["gradient"] == [1, 1])
  }

  /// Weights of a teacher, which are no targets, cost nothing.
  @Test func nothingIsDifferentiatedForOthers() throws {
    let graph = Graph()
    let x = try graph.input("x", [3, 4])
    let teacher = try graph.variable("teacher", [4, 4])
    let student = try graph.variable("student", [4, 4])
    let y = try x.linear(weight: teacher, bias: nil)(.geluDerivative)  // has no gradient
    let loss = try (y * x.linear(weight: student, bias: nil)).sum()
    let before = graph.nodes.count
    let gradient = try loss.gradients(withRespectTo: [student])[0]
    #expect(gradient.shape == student.shape)
    let added = graph.nodes[before...].filter { OperationKind($0.operation) == .matmul }
    #expect(added.count == 1)
  }
}
