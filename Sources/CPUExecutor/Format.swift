import CDNN
import CKernels
import TensorGraph

/// How the elements of a value lie in a program's memory.
enum Format {
  /// As its type says: float32 or int32.
  case full
  case bfloat16

  var elementBytes: Int { self == .full ? 4 : 2 }

  func byteCount(_ type: TensorType) -> Int { type.shape.elementCount * elementBytes }

  var kernelFormat: ck_format { self == .full ? CK_FLOAT32 : CK_BFLOAT16 }
  var libraryType: cdnn_type { self == .full ? CDNN_FLOAT32 : CDNN_BFLOAT16 }
}

extension Precision {
  /// What contractions are given.
  var contracted: Format { self == .bfloat16 ? .bfloat16 : .full }
}

/// Which formats an instruction reads and writes.
struct FormatRule {
  enum Reading {
    case full
    /// Either format, and nothing is gained by bfloat16.
    case either
    /// Either format, and a product in bfloat16 costs no more rounding: the kernel reads half
    /// as much.
    case preferred
    /// Either format, and converted before it is multiplied if need be.
    case multiplied
    /// The format of the results.
    case moved
  }
  enum Writing {
    case full, either
    /// Either format; sums of products.
    case product
    /// The format of the operands.
    case moved
  }

  var operands: [Reading]
  var results: [Writing]

  init(_ operands: [Reading], _ results: [Writing]) {
    self.operands = operands
    self.results = results
  }
}

extension Instruction {
  var formatRule: FormatRule {
    switch work {
    case .linear: Self.contraction(operands.count)
    case .convolution(let work): Self.convolution(work)
    case .unaryMultiply: FormatRule([.preferred, .preferred], [.either])
    case .operation(let operation): rule(operation)
    }
  }

  /// Data, weight and, where there is one, a bias that is added in float32.
  private static func contraction(_ operands: Int) -> FormatRule {
    FormatRule([.multiplied, .multiplied] + (operands == 3 ? [.full] : []), [.product])
  }

  /// What is added to is a sum of many blocks' results, which stays float32 where nothing
  /// multiplies it.
  private static func convolution(_ work: ConvolutionWork) -> FormatRule {
    FormatRule(
      [.multiplied, .multiplied] + (work.hasBias ? [.full] : []) + (work.adds ? [.either] : []),
      [work.adds ? .either : .product])
  }

  private func rule(_ operation: Operation) -> FormatRule {
    switch operation {
    case .input, .variable, .constant, .gather, .scatterAdd, .maxPoolGradient,
      .averagePoolGradient, .adamW:
      FormatRule(operands.map { _ in .full }, results.map { _ in .full })
    case .unary(let function):
      FormatRule([function.isActivation ? .preferred : .full], [.either])
    case .binary: FormatRule([.either, .either], [.either])
    case .reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .upsampleNearest, .sumPool,
      .maxPool, .averagePool:
      FormatRule(operands.map { _ in .moved }, [.moved])
    case .reduceSum: FormatRule([.either], [.full])
    case .linear, .convolution: Self.contraction(operands.count)
    // A sum over rows of both operands is a weight's gradient, which stays as it was added up.
    case .matmul(let transposeLeft, _):
      FormatRule([.multiplied, .multiplied], [transposeLeft ? .full : .product])
    case .convolutionInputGradient: FormatRule([.multiplied, .multiplied], [.product])
    case .convolutionWeightGradient: FormatRule([.multiplied, .multiplied], [.full])
    case .attention: FormatRule([.multiplied], [.product])
    case .attentionGradient: FormatRule([.multiplied, .multiplied], [.product])
    case .layerNormModulate: FormatRule([.full, .full, .full], [.either])
    case .layerNormModulateGradient:
      FormatRule([.full, .full, .preferred], [.full, .full, .full])
    // The stream of tokens stays float32: it is the sum of all blocks.
    case .gatedResidual: FormatRule([.full, .full, .preferred], [.full])
    case .gatedResidualGradient: FormatRule([.full, .preferred, .full], [.full, .either])
    case .groupNorm: FormatRule([.preferred, .full, .full], [.either])
    case .groupNormGradient:
      FormatRule([.preferred, .full, .full, .preferred], [.either, .full, .full])
    }
  }
}

extension UnaryFunction {
  /// What a contraction's result goes through, forward or backward.
  fileprivate var isActivation: Bool {
    switch self {
    case .relu, .gelu, .silu, .geluDerivative, .siluDerivative: true
    case .negate, .exponential, .logarithm, .squareRoot, .sine, .cosine, .tanh, .logistic: false
    }
  }
}

/// The format of every value of a program.
///
/// A value is stored as bfloat16 where its producer can write that, every reader can read it,
/// and a contraction multiplies it, or gave it to a kernel that prefers it so. What is only
/// moved keeps its format, so that such values are decided together.
struct FormatPlan {
  private var groups = ValueGroups()
  private var shortened: Set<Graph.Value> = []

  init(
    _ graph: Graph, _ schedule: Schedule, _ instructions: [Instruction], _ precision: Precision
  ) {
    guard precision == .bfloat16 else { return }
    var computed: Set<Graph.Value> = []
    var fixed: Set<Graph.Value> = []
    var (multiplied, products, preferred) = (fixed, fixed, fixed)
    for instruction in instructions {
      computed.formUnion(instruction.results)
      let rule = instruction.formatRule
      var moved: [Graph.Value] = []
      for (value, reading) in zip(instruction.operands, rule.operands) {
        switch reading {
        case .full: fixed.insert(value)
        case .either: break
        case .preferred: preferred.insert(value)
        case .multiplied: multiplied.insert(value)
        case .moved: moved.append(value)
        }
      }
      for (value, writing) in zip(instruction.results, rule.results) {
        switch writing {
        case .full: fixed.insert(value)
        case .either: break
        case .product: products.insert(value)
        case .moved: moved.append(value)
        }
      }
      for value in moved.dropFirst() { groups.join(moved[0], value) }
    }
    for id in schedule.order {
      let node = graph[id]
      for (index, type) in node.results.enumerated() {
        let value = Graph.Value(node: id, result: index)
        if type.element != .float32 { fixed.insert(value) }
        guard !computed.contains(value) else { continue }
        // Views have their source's format; all else that no instruction computes is fed.
        if let view = View(node, graph) {
          groups.join(view.source, value)
        } else {
          fixed.insert(value)
        }
      }
    }
    for (_, value) in graph.outputs { fixed.insert(value) }
    for assignment in graph.assignments { fixed.insert(assignment.value) }
    func roots(_ values: Set<Graph.Value>) -> Set<Graph.Value> {
      Set(values.map(groups.root(of:)))
    }
    shortened = roots(multiplied).union(roots(products).intersection(roots(preferred)))
      .subtracting(roots(fixed))
  }

  func format(of value: Graph.Value) -> Format {
    shortened.contains(groups.root(of: value)) ? .bfloat16 : .full
  }
}

/// Disjoint sets of values.
private struct ValueGroups {
  private var parents: [Graph.Value: Graph.Value] = [:]

  func root(of value: Graph.Value) -> Graph.Value {
    var value = value
    while let parent = parents[value] { value = parent }
    return value
  }

  mutating func join(_ a: Graph.Value, _ b: Graph.Value) {
    let (a, b) = (root(of: a), root(of: b))
    if a != b { parents[b] = a }
  }
}
