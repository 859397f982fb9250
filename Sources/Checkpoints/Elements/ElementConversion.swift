/// Stored elements (little-endian, any alignment) to Swift numbers, and binary32
/// to the types weights are stored in.
enum ElementConversion {
  /// - Parameter output: at least as many elements as `bytes` holds.
  static func widen(
    _ bytes: UnsafeRawBufferPointer, type: TensorType,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    switch type {
    case .float64: map(bytes, output) { Float(Double(bitPattern: $0)) }
    case .float32: map(bytes, output) { Float(bitPattern: $0) }
    case .float16: map(bytes, output) { HalfPrecision.float(float16: $0) }
    case .bfloat16: map(bytes, output) { HalfPrecision.float(bfloat16: $0) }
    case .float8E4M3: map(bytes, output) { HalfPrecision.float(float8E4M3: $0) }
    case .float8E5M2: map(bytes, output) { HalfPrecision.float(float8E5M2: $0) }
    case .int64: map(bytes, output) { (value: Int64) in Float(value) }
    case .int32: map(bytes, output) { (value: Int32) in Float(value) }
    case .int16: map(bytes, output) { (value: Int16) in Float(value) }
    case .int8: map(bytes, output) { (value: Int8) in Float(value) }
    case .uint64: map(bytes, output) { (value: UInt64) in Float(value) }
    case .uint32: map(bytes, output) { (value: UInt32) in Float(value) }
    case .uint16: map(bytes, output) { (value: UInt16) in Float(value) }
    case .uint8: map(bytes, output) { (value: UInt8) in Float(value) }
    case .bool: map(bytes, output) { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  static func doubles(_ bytes: UnsafeRawBufferPointer, type: TensorType) -> [Double] {
    switch type {
    case .float64: list(bytes) { Double(bitPattern: $0) }
    case .int64: list(bytes) { (value: Int64) in Double(value) }
    case .uint64: list(bytes) { (value: UInt64) in Double(value) }
    case .int32: list(bytes) { (value: Int32) in Double(value) }
    case .uint32: list(bytes) { (value: UInt32) in Double(value) }
    default:
      // Every other type is exact in binary32.
      [Float](unsafeUninitializedCapacity: bytes.count / type.size) { buffer, count in
        widen(bytes, type: type, into: buffer)
        count = bytes.count / type.size
      }.map(Double.init)
    }
  }

  /// Nil when a value does not fit or the type is not one of integers.
  static func integers(_ bytes: UnsafeRawBufferPointer, type: TensorType) -> [Int64]? {
    switch type {
    case .int64: list(bytes) { (value: Int64) in value }
    case .int32: list(bytes) { (value: Int32) in Int64(value) }
    case .int16: list(bytes) { (value: Int16) in Int64(value) }
    case .int8: list(bytes) { (value: Int8) in Int64(value) }
    case .uint32: list(bytes) { (value: UInt32) in Int64(value) }
    case .uint16: list(bytes) { (value: UInt16) in Int64(value) }
    case .uint8: list(bytes) { (value: UInt8) in Int64(value) }
    case .bool: list(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
    case .uint64:
      // Above Int64.max the bit pattern is negative.
      list(bytes) { (value: UInt64) in Int64(bitPattern: value) }.allOrNil { $0 >= 0 }
    case .float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2: nil
    }
  }

  /// Writes `values` as `type` to `output`, which holds exactly as many elements.
  static func narrow(
    _ values: UnsafeBufferPointer<Float>, to type: FloatStorage,
    into output: UnsafeMutableRawBufferPointer
  ) {
    switch type {
    case .float32: output.copyMemory(from: UnsafeRawBufferPointer(values))
    case .float16:
      for (i, value) in values.enumerated() {
        output.storeBytes(
          of: HalfPrecision.float16(value).littleEndian, toByteOffset: 2 &* i, as: UInt16.self)
      }
    case .bfloat16:
      for (i, value) in values.enumerated() {
        output.storeBytes(
          of: HalfPrecision.bfloat16(value).littleEndian, toByteOffset: 2 &* i, as: UInt16.self)
      }
    }
  }

  @inline(__always)
  private static func map<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ output: UnsafeMutableBufferPointer<Float>,
    _ convert: (Stored) -> Float
  ) {
    let size = MemoryLayout<Stored>.size
    for i in 0..<bytes.count / size {
      let stored = bytes.loadUnaligned(fromByteOffset: i &* size, as: Stored.self)
      output[i] = convert(Stored(littleEndian: stored))
    }
  }

  @inline(__always)
  private static func list<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
    _ bytes: UnsafeRawBufferPointer, _ convert: (Stored) -> Value
  ) -> [Value] {
    let size = MemoryLayout<Stored>.size
    return (0..<bytes.count / size).map {
      let stored = bytes.loadUnaligned(fromByteOffset: $0 &* size, as: Stored.self)
      return convert(Stored(littleEndian: stored))
    }
  }
}

extension Array {
  fileprivate func allOrNil(_ holds: (Element) -> Bool) -> [Element]? {
    allSatisfy(holds) ? self : nil
  }
}
