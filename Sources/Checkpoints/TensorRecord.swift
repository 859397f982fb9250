/// How binary32 values are stored: as they are, or rounded to nearest even.
public enum FloatStorage: String, Sendable, CaseIterable {
  case float32
  case float16
  case bfloat16

  public var tensorType: TensorType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    }
  }
}

/// A tensor to be written, by ``SafetensorsWriter``, ``NPZWriter`` or ``NPYWriter``.
public struct TensorRecord {
  public let name: String
  public let shape: [Int]
  public let type: TensorType
  private let source: Source

  private enum Source {
    case floats([Float], FloatStorage)
    case buffer(UnsafeBufferPointer<Float>, FloatStorage)
    case bytes([UInt8])
    case stream(Stream)
    case pieces(Pieces)
  }

  /// Hands values over piece by piece, in order.
  public typealias Stream = (_ put: ([Float]) throws -> Void) throws -> Void

  /// Hands bytes over piece by piece, in order.
  public typealias Pieces = (_ put: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  /// Row-major values of any storage type for floats.
  public init(
    _ name: String, shape: [Int], floats: [Float], as storage: FloatStorage = .float32
  ) {
    self.init(name, shape, storage.tensorType, .floats(floats, storage))
  }

  /// The same from memory that stays valid until the file is written.
  public init(
    _ name: String, shape: [Int], buffer: UnsafeBufferPointer<Float>,
    as storage: FloatStorage = .float32
  ) {
    self.init(name, shape, storage.tensorType, .buffer(buffer, storage))
  }

  /// Binary32 values that are made while the file is written, for tensors beyond memory.
  public init(_ name: String, shape: [Int], stream: @escaping Stream) {
    self.init(name, shape, .float32, .stream(stream))
  }

  /// Binary64 values, stored as they are.
  public init(_ name: String, shape: [Int], doubles: [Double]) {
    self.init(name, shape, .float64, .bytes(doubles.withUnsafeBytes { Array($0) }))
  }

  /// Integers, stored as `I64`.
  public init(_ name: String, shape: [Int], integers: [Int64]) {
    let bytes = integers.flatMap { value in
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    self.init(name, shape, .int64, .bytes(bytes))
  }

  /// Row-major little-endian bytes of `type`.
  public init(_ name: String, shape: [Int], type: TensorType, bytes: [UInt8]) {
    self.init(name, shape, type, .bytes(bytes))
  }

  /// Row-major little-endian bytes of `type` that are read or made while the file is written,
  /// for tensors beyond memory.
  public init(_ name: String, shape: [Int], type: TensorType, pieces: @escaping Pieces) {
    self.init(name, shape, type, .pieces(pieces))
  }

  private init(_ name: String, _ shape: [Int], _ type: TensorType, _ source: Source) {
    self.name = name
    self.shape = shape
    self.type = type
    self.source = source
  }

  /// What the source holds, which must be what the shape needs; nil before a stream has run.
  var byteCount: Int? {
    switch source {
    case .floats(let values, _): values.count * type.size
    case .buffer(let values, _): values.count * type.size
    case .bytes(let bytes): bytes.count
    case .stream, .pieces: nil
    }
  }
  /// Passes the bytes on in order, as they are to be stored.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch source {
    case .stream(let stream):
      try stream { values in
        try values.withUnsafeBufferPointer { try TensorRecord.narrow($0, .float32, body) }
      }
    case .pieces(let pieces): try pieces(body)
    case .bytes(let bytes): try bytes.withUnsafeBytes(body)
    case .floats(let values, let storage):
      try values.withUnsafeBufferPointer { try TensorRecord.narrow($0, storage, body) }
    case .buffer(let values, let storage): try TensorRecord.narrow(values, storage, body)
    }
  }

  private static func narrow(
    _ values: UnsafeBufferPointer<Float>, _ storage: FloatStorage,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let chunk = 1 << 18
    let size = storage.tensorType.size
    let scratch = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(chunk, values.count) * size, alignment: 64)
    defer { scratch.deallocate() }
    for start in stride(from: 0, to: values.count, by: chunk) {
      let part = UnsafeBufferPointer(rebasing: values[start..<min(start + chunk, values.count)])
      let bytes = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(part.count * size)])
      ElementConversion.narrow(part, to: storage, into: bytes)
      try body(UnsafeRawBufferPointer(bytes))
    }
  }
}
