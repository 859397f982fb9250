import CDNN
import CKernels
import TensorGraph

/// A primitive's argument in the layout and type it wants: frozen ones are packed once, when
/// the program is bound; others at every run, into scratch memory.
struct PackedArgument {
  let argument: cdnn_argument
  let bytes: Int
  let isFrozen: Bool
  /// What takes the place of a frozen weight.
  let derivation: PackedWeight.Derivation?

  init(
    _ primitive: Primitive, _ argument: cdnn_argument, isFrozen: Bool = false,
    derivation: PackedWeight.Derivation? = nil
  ) {
    self.argument = argument
    bytes = primitive.packedBytes(argument)
    self.isFrozen = isFrozen
    self.derivation = derivation
  }

  /// Scratch that packing at every run needs; none where nothing is packed, or once.
  fileprivate var scratch: Int? { bytes == 0 || isFrozen ? nil : bytes }

  /// Binds the argument, and returns what must run before the primitive.
  func bind(
    _ primitive: Primitive, _ plain: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer?
  ) throws -> [Kernel] {
    if let derivation {
      let packed = try PackedWeight.shared(
        plain, bytes > 0 ? primitive.packer(argument) : nil, bytes: bytes, derivation)
      primitive.bind(argument, packed.pointer)
      primitive.keepAlive(packed)
      return []
    }
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

extension [PackedArgument] {
  /// Scratch areas in the order of the arguments that need one.
  var scratch: [Int] { compactMap(\.scratch) }

  /// Binds the arguments to `operands`, and returns what must run before the primitive.
  func bind(
    _ primitive: Primitive, _ operands: [UnsafeMutableRawPointer], _ binding: Lowered.Binding
  ) throws -> [Kernel] {
    var areas = binding.scratch[...]
    return try zip(self, operands).flatMap { packed, operand in
      try packed.bind(
        primitive, operand, scratch: packed.scratch == nil ? nil : areas.popFirst())
    }
  }
}

extension Lowered {
  static func linear(
    _ operands: [Argument], _ result: Argument, as used: Format, activation: UnaryFunction?
  ) throws -> Lowered {
    let (x, weight) = (operands[0], operands[1])
    let (rows, inner, outer) = (x.shape.rowCount, x.shape.rowLength, weight.shape[0])
    let hasBias = operands.count == 3
    let primitive = try Primitive.matmul(
      cdnn_tensor([rows, inner], x.format, as: used),
      // weightᵀ, read where it lies.
      cdnn_tensor(
        [inner, outer], strides: [1, inner], packed: weight.isFrozen || used != weight.format,
        weight.format, as: used),
      bias: hasBias ? cdnn_tensor([1, outer]) : nil,
      cdnn_tensor([rows, outer], result.format),
      epilogue: cdnn_epilogue(activation))
    let packed = [
      PackedArgument(primitive, CDNN_SRC),
      PackedArgument(primitive, CDNN_WEIGHTS, isFrozen: weight.isFrozen),
    ]
    return Lowered(scratch: packed.scratch) { binding in
      primitive.bind(CDNN_DST, binding.results[0])
      if hasBias { primitive.bind(CDNN_BIAS, binding.operands[2]) }
      return try packed.bind(primitive, binding.operands, binding) + [primitive.kernel]
    }
  }

  static func matmul(
    _ operands: [Argument], _ result: Argument, _ transposeLeft: Bool, _ transposeRight: Bool,
    as used: Format
  ) throws -> Lowered {
    func tensor(_ argument: Argument, transposed: Bool, as used: Format?, packed: Bool = false)
      -> cdnn_tensor
    {
      let shape = argument.shape
      let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
      let batch = shape.dimensions.dropLast(2).reduce(1, *)
      let isFlat = shape.rank == 2
      let size = transposed ? [columns, rows] : [rows, columns]
      let strides = transposed ? [1, columns] : [columns, 1]
      return cdnn_tensor(
        (isFlat ? [] : [batch]) + size, strides: (isFlat ? [] : [rows * columns]) + strides,
        packed: packed, argument.format, as: used)
    }
    let right = operands[1]
    let primitive = try Primitive.matmul(
      tensor(operands[0], transposed: transposeLeft, as: used),
      tensor(
        right, transposed: transposeRight, as: used,
        packed: right.shape.rank == 2 && used != right.format),
      tensor(result, transposed: false, as: nil))
    let packed = [
      PackedArgument(primitive, CDNN_SRC), PackedArgument(primitive, CDNN_WEIGHTS),
    ]
    return Lowered(scratch: packed.scratch) { binding in
      primitive.bind(CDNN_DST, binding.results[0])
      return try packed.bind(primitive, binding.operands, binding) + [primitive.kernel]
    }
  }
}
