import CDNN
import CKernels
import TensorGraph

/// A primitive's argument in the layout it wants: frozen ones are packed once,
/// when the program is bound; others at every run, into scratch memory.
struct PackedArgument {
  let argument: cdnn_argument
  let bytes: Int
  let isFrozen: Bool

  init(_ primitive: Primitive, _ argument: cdnn_argument, isFrozen: Bool) {
    self.argument = argument
    bytes = primitive.packedBytes(argument)
    self.isFrozen = isFrozen
  }

  /// Scratch that packing at every run needs; none where nothing is packed, or once.
  var scratch: [Int] { bytes == 0 || isFrozen ? [] : [bytes] }

  /// Binds the argument, and returns what must run before the primitive.
  func bind(
    _ primitive: Primitive, _ plain: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer?
  ) throws -> [Kernel] {
    guard bytes > 0 else {
      primitive.bind(argument, plain)
      return []
    }
    let packer = try primitive.packer(argument)
    if let scratch {
      packer.bind(CDNN_SRC, plain)
      packer.bind(CDNN_DST, scratch)
      primitive.bind(argument, scratch)
      return [packer.kernel]
    }
    let packed = try PackedWeight.shared(plain, packer, bytes: bytes)
    primitive.bind(argument, packed.pointer)
    primitive.keepAlive(packed)
    return []
  }
}

extension Lowered {
  static func linear(_ operands: [Operand], _ result: TensorType, activation: UnaryFunction?) throws
    -> Lowered
  {
    let x = operands[0].shape
    let weight = operands[1].shape
    let (rows, inner, outer) = (x.rowCount, x.rowLength, weight[0])
    let isFrozen = operands[1].isFrozen
    let hasBias = operands.count == 3
    let primitive = try Primitive.matmul(
      cdnn_tensor([rows, inner]),
      // weightᵀ, read where it lies.
      cdnn_tensor([inner, outer], strides: [1, inner], packed: isFrozen),
      bias: hasBias ? cdnn_tensor([1, outer]) : nil,
      cdnn_tensor([rows, outer]),
      activation: cdnn_activation(activation))
    let packed = PackedArgument(primitive, CDNN_WEIGHTS, isFrozen: isFrozen)
    return Lowered(scratch: packed.scratch) { binding in
      primitive.bind(CDNN_SRC, binding.operands[0])
      primitive.bind(CDNN_DST, binding.results[0])
      if hasBias { primitive.bind(CDNN_BIAS, binding.operands[2]) }
      let before = try packed.bind(
        primitive, binding.operands[1], scratch: binding.scratch.first)
      return before + [primitive.kernel]
    }
  }

  static func matmul(
    _ operands: [Shape], _ result: Shape, _ transposeLeft: Bool, _ transposeRight: Bool
  ) throws -> Lowered {
    func tensor(_ shape: Shape, transposed: Bool) -> cdnn_tensor {
      let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
      let batch = shape.dimensions.dropLast(2).reduce(1, *)
      let isFlat = shape.rank == 2
      let size = transposed ? [columns, rows] : [rows, columns]
      let strides = transposed ? [1, columns] : [columns, 1]
      return cdnn_tensor(
        (isFlat ? [] : [batch]) + size, strides: (isFlat ? [] : [rows * columns]) + strides)
    }
    let primitive = try Primitive.matmul(
      tensor(operands[0], transposed: transposeLeft),
      tensor(operands[1], transposed: transposeRight), tensor(result, transposed: false))
    return Lowered { binding in
      primitive.bind(CDNN_SRC, binding.operands[0])
      primitive.bind(CDNN_WEIGHTS, binding.operands[1])
      primitive.bind(CDNN_DST, binding.results[0])
      return [primitive.kernel]
    }
  }
}
