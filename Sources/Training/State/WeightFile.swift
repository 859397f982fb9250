import Checkpoints
import Diagnostics
import Models
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

  /// Reads weights of any float type, to start a run from or to teach with.
  /// - Throws: `InputError` that lists missing, unexpected and misshapen keys.
  public static func read(_ path: String, _ parameters: [Parameter]) throws -> [String: HostTensor]
  {
    let file = try SafetensorsFile(path: path)
    var shapes: [String: Shape] = [:]
    for name in file.names { shapes[name] = Shape(try file.info(name).shape) }
    try parameters.check(shapes, in: path)
    var weights: [String: HostTensor] = [:]
    for parameter in parameters {
      let tensor = try file.hostTensor(parameter.path, shape: parameter.shape)
      weights[parameter.path] = tensor
    }
    return weights
  }
}
