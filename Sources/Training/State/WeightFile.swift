import Checkpoints
import TensorGraph

/// Weights alone, under the official keys: what `load_state_dict` takes.
public enum WeightFile {
  /// Writes one set of weights.
  /// - Parameter metadata: kind, configuration and provenance, as text.
  public static func write(
    _ weights: [String: HostTensor], metadata: [String: String],
    as storage: FloatStorage = .float32, to path: String
  ) throws {
    let records = weights.map { key, tensor in
      TensorRecord(
        key, shape: tensor.shape.dimensions, buffer: UnsafeBufferPointer(tensor.floats),
        as: storage)
    }
    // "pt" tells readers that keys and layouts are PyTorch's.
    let metadata = metadata.merging(["format": "pt"]) { own, _ in own }
    try SafetensorsWriter.write(records, metadata: metadata, to: path)
  }
}
