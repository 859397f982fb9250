import CDNN
import TensorGraph

/// One oneDNN primitive and the memory it is bound to.
final class Primitive {
  /// Of the library, valid while this lives.
  let handle: OpaquePointer
  private var kept: [AnyObject] = []

  private init(_ handle: OpaquePointer?) throws {
    guard let handle else { throw ProgramError(String(cString: cdnn_last_error())) }
    self.handle = handle
  }

  deinit { cdnn_destroy(handle) }

  /// dst = epilogue(src × weights + bias).
  static func matmul(
    _ src: cdnn_tensor, _ weights: cdnn_tensor, bias: cdnn_tensor? = nil, _ dst: cdnn_tensor,
    epilogue: cdnn_epilogue = cdnn_epilogue()
  ) throws -> Primitive {
    try withUnsafePointers(src, weights, bias, dst) { src, weights, bias, dst in
      try Primitive(cdnn_matmul(src, weights, bias, dst, epilogue))
    }
  }

  static func convolution(
    _ direction: cdnn_direction, _ src: cdnn_tensor, _ weights: cdnn_tensor,
    bias: cdnn_tensor? = nil, _ dst: cdnn_tensor, _ geometry: ConvolutionGeometry,
    epilogue: cdnn_epilogue = cdnn_epilogue()
  ) throws -> Primitive {
    let (rows, columns) = (geometry.rows, geometry.columns)
    let geometry = cdnn_geometry(
      stride: Int64(geometry.stride), before: (Int64(rows.before), Int64(columns.before)),
      after: (Int64(rows.after), Int64(columns.after)))
    return try withUnsafePointers(src, weights, bias, dst) { src, weights, bias, dst in
      try Primitive(
        cdnn_convolution(direction, src, weights, bias, dst, geometry, epilogue))
    }
  }

  private static func withUnsafePointers(
    _ src: cdnn_tensor, _ weights: cdnn_tensor, _ bias: cdnn_tensor?, _ dst: cdnn_tensor,
    _ body: (
      UnsafePointer<cdnn_tensor>, UnsafePointer<cdnn_tensor>, UnsafePointer<cdnn_tensor>?,
      UnsafePointer<cdnn_tensor>
    ) throws -> Primitive
  ) throws -> Primitive {
    try withUnsafePointer(to: src) { src in
      try withUnsafePointer(to: weights) { weights in
        try withUnsafePointer(to: dst) { dst in
          guard let bias else { return try body(src, weights, nil, dst) }
          return try withUnsafePointer(to: bias) { try body(src, weights, $0, dst) }
        }
      }
    }
  }

  /// Bytes of an argument in the layout this primitive wants; 0 where that is the plain one.
  func packedBytes(_ argument: cdnn_argument) -> Int { cdnn_packed_bytes(handle, argument) }

  /// The copy between an argument's plain layout and the one this primitive wants.
  func packer(_ argument: cdnn_argument, unpack: Bool = false) throws -> Primitive {
    try Primitive(cdnn_packer(handle, argument, unpack ? 1 : 0))
  }

  /// The copy of a tensor from the format it is stored in to the one it is used in.
  static func conversion(_ tensor: cdnn_tensor) throws -> Primitive {
    try withUnsafePointer(to: tensor) { try Primitive(cdnn_converter($0)) }
  }

  func bind(_ argument: cdnn_argument, _ pointer: UnsafeMutableRawPointer) {
    cdnn_bind(handle, argument, pointer)
  }

  /// Whether this copies between the same layouts as `other`; both are packers.
  func packsLike(_ other: Primitive) -> Bool { cdnn_packs_alike(handle, other.handle) != 0 }

  /// The owner of memory that an argument is bound to.
  func keepAlive(_ owner: AnyObject) { kept.append(owner) }

  func execute() throws {
    guard cdnn_execute(handle) == 0 else {
      throw ProgramError(String(cString: cdnn_last_error()))
    }
  }

  var kernel: Kernel { { try self.execute() } }
}

extension cdnn_epilogue {
  /// - Parameter activation: nil or one of `Instruction.activations`.
  init(_ activation: UnaryFunction?) {
    self.init()
    self.activation =
      switch activation {
      case .gelu: CDNN_GELU_TANH
      case .silu: CDNN_SILU
      case .relu: CDNN_RELU
      default: CDNN_NONE
      }
  }
}

extension cdnn_tensor {
  /// - Parameters:
  ///   - strides: in elements; row-major where nil.
  ///   - packed: lets the library choose the layout.
  ///   - stored: how the elements lie in memory.
  ///   - used: what the primitive takes; as they lie where nil. Where that differs, the
  ///     argument is packed.
  init(
    _ dimensions: [Int], strides: [Int]? = nil, packed: Bool = false, _ stored: Format = .full,
    as used: Format? = nil
  ) {
    self.init()
    self.stored = stored.libraryType
    self.used = (used ?? stored).libraryType
    let strides = strides ?? Shape(dimensions).strides
    rank = Int32(dimensions.count)
    any = packed ? 1 : 0
    withUnsafeMutableBytes(of: &dims) { bytes in
      for (i, size) in dimensions.enumerated() {
        bytes.storeBytes(of: Int64(size), toByteOffset: 8 * i, as: Int64.self)
      }
    }
    withUnsafeMutableBytes(of: &self.strides) { bytes in
      for (i, stride) in strides.enumerated() {
        bytes.storeBytes(of: Int64(stride), toByteOffset: 8 * i, as: Int64.self)
      }
    }
  }
}
