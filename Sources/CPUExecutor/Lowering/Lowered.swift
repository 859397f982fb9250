import CKernels
import TensorGraph

/// One step of a running program; everything it touches was bound when it was made.
typealias Kernel = () throws -> Void

/// An instruction whose kernel and scratch sizes are known, but whose memory is not yet.
struct Lowered {
  /// An operand or a result.
  struct Argument {
    let type: TensorType
    let format: Format
    /// Never changes while the program lives, so it may be packed once.
    var isFrozen = false

    var shape: Shape { type.shape }
  }

  struct Binding {
    let operands: [UnsafeMutableRawPointer]
    let results: [UnsafeMutableRawPointer]
    let operandFormats: [Format]
    let resultFormats: [Format]
    let scratch: [UnsafeMutableRawPointer]

    /// An operand or result of either format.
    func operand(_ index: Int) -> ck_array {
      ck_array(data: operands[index], format: operandFormats[index].kernelFormat)
    }
    func result(_ index: Int) -> ck_array {
      ck_array(data: results[index], format: resultFormats[index].kernelFormat)
    }

    /// An operand or result that is always float32.
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

  static func lower(
    _ work: Instruction.Work, operands: [Argument], results: [Argument], _ precision: Precision
  ) throws -> Lowered {
    let used = precision.contracted
    switch work {
    case .linear(let activation):
      return try linear(operands, results[0], as: used, activation: activation)
    case .convolution(let work):
      return try convolution(operands, results[0], work, as: used)
    case .unaryMultiply(let function):
      return unaryMultiply(function, results[0].type)
    case .operation(let operation):
      return try lower(operation, operands, results, as: used)
    }
  }

  /// - Parameter used: what contractions multiply.
  private static func lower(
    _ operation: Operation, _ operands: [Argument], _ results: [Argument], as used: Format
  ) throws -> Lowered {
    let shapes = operands.map(\.shape)
    // What is only moved has the format of what it becomes.
    let format = results.first?.format ?? .full
    switch operation {
    case .input, .variable, .constant, .reshape, .convolution:
      throw ProgramError("\(operation.name) needs no kernel of its own")
    case .unary(let function): return unary(function, results[0].type)
    case .binary(let function): return binary(function, shapes, results[0].shape)
    case .transpose(let permutation):
      return transpose(permutation, shapes[0], results[0].shape, format)
    case .broadcast(let target): return broadcast(shapes[0], to: target, format)
    case .slice(let axis, let start, _):
      return slice(axis, start, shapes[0], results[0].shape, format)
    case .pad(let axis, let before, _):
      return pad(axis, before, shapes[0], results[0].shape, format)
    case .concatenate(let axis): return concatenate(axis, shapes, results[0].shape, format)
    case .gather: return gather(table: shapes[0], ids: shapes[1])
    case .scatterAdd(let rows): return scatterAdd(rows: rows, updates: shapes[1])
    case .reduceSum(let axes): return reduceSum(axes, operands[0])
    case .linear: return try linear(operands, results[0], as: used, activation: nil)
    case .matmul(let transposeLeft, let transposeRight):
      return try matmul(operands, results[0], transposeLeft, transposeRight, as: used)
    case .convolutionInputGradient(let geometry, _):
      return try convolutionInputGradient(operands, results[0], geometry, as: used)
    case .convolutionWeightGradient(let geometry, _):
      return try convolutionWeightGradient(operands, results[0], geometry, as: used)
    case .upsampleNearest(let factor): return upsample(shapes[0], factor)
    case .sumPool(let factor): return sumPool(shapes[0], factor)
    case .maxPool(let geometry): return maxPool(shapes[0], geometry)
    case .maxPoolGradient(let geometry): return maxPoolGradient(shapes[0], geometry)
    case .averagePool(let geometry): return averagePool(shapes[0], geometry)
    case .averagePoolGradient(let geometry, let input): return averagePoolGradient(input, geometry)
    case .attention(let heads): return try attention(operands, results[0], heads, as: used)
    case .attentionGradient(let heads):
      return try attentionGradient(operands, results[0], heads, as: used)
    case .layerNormModulate(let epsilon): return layerNormModulate(shapes[0], epsilon)
    case .layerNormModulateGradient(let epsilon):
      return layerNormModulateGradient(shapes[0], epsilon)
    case .gatedResidual: return gatedResidual(shapes[0])
    case .gatedResidualGradient: return gatedResidualGradient(shapes[1])
    case .groupNorm(let settings): return groupNorm(shapes[0], settings)
    case .groupNormGradient(let settings): return groupNormGradient(shapes[0], settings)
    case .adamW(let settings): return adamW(settings, results[0].type)
    }
  }
}
