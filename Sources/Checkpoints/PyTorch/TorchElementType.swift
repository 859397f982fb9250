/// PyTorch's element types, by the names of `torch.dtype`.
enum TorchElementType: String, Sendable, CaseIterable {
  case float64, float32, float16, bfloat16
  case float8E4M3 = "float8_e4m3fn"
  case float8E5M2 = "float8_e5m2"
  case int64, int32, int16, int8
  case uint64, uint32, uint16, uint8
  case bool
  case complex32, complex64, complex128
  case qint8, quint8, qint32, quint4x2, quint2x4
  case float8E4M3FNUZ = "float8_e4m3fnuz"
  case float8E5M2FNUZ = "float8_e5m2fnuz"
  case float8E8M0 = "float8_e8m0fnu"

  /// From a class of `torch`, as in `torch.FloatStorage`.
  init?(storageClass: String) {
    let found = TorchElementType.storageClasses[storageClass]
    guard let found else { return nil }
    self = found
  }

  private static let storageClasses: [String: TorchElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    "ComplexFloatStorage": .complex64, "ComplexDoubleStorage": .complex128,
    "QInt8Storage": .qint8, "QUInt8Storage": .quint8, "QInt32Storage": .qint32,
    "QUInt4x2Storage": .quint4x2, "QUInt2x4Storage": .quint2x4,
  ]

  /// Nil for those that no tensor here can have: complex numbers, quantised ones, and the rarer
  /// of eight bits.
  var tensorType: TensorType? {
    switch self {
    case .float64: .float64
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float8E4M3: .float8E4M3
    case .float8E5M2: .float8E5M2
    case .int64: .int64
    case .int32: .int32
    case .int16: .int16
    case .int8: .int8
    case .uint64: .uint64
    case .uint32: .uint32
    case .uint16: .uint16
    case .uint8: .uint8
    case .bool: .bool
    case .complex32, .complex64, .complex128, .qint8, .quint8, .qint32, .quint4x2, .quint2x4,
      .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0:
      nil
    }
  }
}

/// What a class of storages says of its elements.
enum TorchStorageType: Equatable, Sendable {
  case elements(TorchElementType)
  /// Bytes; the tensors over them say what they are.
  case untyped
}
