import Checkpoints

extension CheckpointFormat {
  /// What `cases.json` calls it.
  var fixtureName: String {
    switch self {
    case .safetensors: "safetensors"
    case .torchZip: "torch-zip"
    case .torchLegacy: "torch-legacy"
    case .torchScript: "torchscript"
    case .npz: "npz"
    case .npy: "npy"
    }
  }
}

extension TensorType {
  /// NumPy's and PyTorch's name.
  var numPyName: String {
    switch self {
    case .float64: "float64"
    case .float32: "float32"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float8E4M3: "float8_e4m3fn"
    case .float8E5M2: "float8_e5m2"
    case .int64: "int64"
    case .int32: "int32"
    case .int16: "int16"
    case .int8: "int8"
    case .uint64: "uint64"
    case .uint32: "uint32"
    case .uint16: "uint16"
    case .uint8: "uint8"
    case .bool: "bool"
    }
  }
}
