import CKernels
import TensorGraph

/// One step of a running program; everything it touches was bound when it was made.
typealias Kernel = () throws -> Void

/// An instruction whose kernel and scratch sizes are known, but whose memory is not yet.
struct Lowered {
  struct Operand {
    let type: TensorType
    /// Never changes while the program lives, so it may be packed once.
    let isFrozen: Bool

    var shape: Shape { type.shape }
  }

  struct Binding {
    let operands: [UnsafeMutableRawPointer]
    let results: [UnsafeMutableRawPointer]
    let scratch: [UnsafeMutableRawPointer]

    func read(_ index: Int) -> UnsafePointer<Float> {
      UnsafePointer(operands[index].assumingMemoryBound(to: Float.self))
    }
    func write(_ index: Int) -> UnsafeMutablePointer<Float> {
      results[index].assumingMemoryBound(to: Float.self)
    }
  }

  /// Bytes of memory that is the kernel's own while it runs.
  var scratch: [Int] = []
  /// For a result, the operand whose memory it may be written over.
  var inPlace: [Int: Int] = [:]
  let bind: (Binding) throws -> [Kernel]

  init(
    scratch: [Int] = [], inPlace: [Int: Int] = [:], bind: @escaping (Binding) throws -> [Kernel]
  ) {
    self.scratch = scratch
    self.inPlace = inPlace
    self.bind = bind
  }

  static func lower(_ work: Instruction.Work, operands: [Operand], results: [TensorType]) throws
    -> Lowered
  {
    switch work {
    case .linear(let activation):
      return try linear(operands, results[0], activation: activation)
    case .convolution(let geometry, let activation):
      return try convolution(operands, results[0].shape, geometry, activation: activation)
    case .unaryMultiply(let function):
      return unaryMultiply(function, results[0])
    case .operation(let operation):
      return try lower(operation, operands, results)
    }
  }

  private static func lower(_ operation: Operation, _ operands: [Operand], _ results: [TensorType])
    throws -> Lowered
  {
    let shapes = operands.map(\.shape)
    switch operation {
    case .input, .variable, .constant, .reshape:
      throw ProgramError("\(operation.name) needs no kernel")
    case .unary(let function): return unary(function, results[0])
    case .binary(let function): return binary(function, shapes, results[0].shape)
    case .transpose(let permutation): return transpose(permutation, shapes[0], results[0].shape)
    case .broadcast(let target): return broadcast(shapes[0], to: target)
    case .slice(let axis, let start, _): return slice(axis, start, shapes[0], results[0].shape)
    case .pad(let axis, let before, _): return pad(axis, before, shapes[0], results[0])
    case .concatenate(let axis): return concatenate(axis, shapes, results[0].shape)
    case .gather: return gather(table: shapes[0], ids: shapes[1])
    case .scatterAdd(let rows): return scatterAdd(rows: rows, updates: shapes[1])
    case .reduceSum(let axes): return reduceSum(axes, shapes[0])
    case .linear: return try linear(operands, results[0], activation: nil)
    case .matmul(let transposeLeft, let transposeRight):
      return try matmul(shapes, results[0].shape, transposeLeft, transposeRight)
    case .convolution(let geometry):
      return try convolution(operands, results[0].shape, geometry, activation: nil)
    case .convolutionInputGradient(let geometry, let input):
      return try convolutionInputGradient(operands, input, geometry)
    case .convolutionWeightGradient(let geometry, let weight):
      return try convolutionWeightGradient(shapes, weight, geometry)
    case .upsampleNearest(let factor): return upsample(shapes[0], factor)
    case .sumPool(let factor): return sumPool(shapes[0], factor)
    case .maxPool(let geometry): return maxPool(shapes[0], geometry)
    case .maxPoolGradient(let geometry): return maxPoolGradient(shapes[0], geometry)
    case .averagePool(let geometry): return averagePool(shapes[0], geometry)
    case .averagePoolGradient(let geometry, let input): return averagePoolGradient(input, geometry)
    case .attention(let heads): return try attention(shapes[0], heads)
    case .attentionGradient(let heads): return try attentionGradient(shapes[0], heads)
    case .layerNormModulate(let epsilon): return layerNormModulate(shapes[0], epsilon)
    case .layerNormModulateGradient(let epsilon):
      return layerNormModulateGradient(shapes[0], epsilon)
    case .gatedResidual: return gatedResidual(shapes[0])
    case .gatedResidualGradient: return gatedResidualGradient(shapes[1])
    case .groupNorm(let settings): return groupNorm(shapes[0], settings)
    case .groupNormGradient(let settings): return groupNormGradient(shapes[0], settings)
    case .adamW(let settings): return adamW(settings, results[0])
    }
  }
}
