import Diagnostics
import TensorGraph

/// A checkpoint's tensors by key, and what to say where one of them does not serve.
struct InceptionWeights {
  let tensors: [String: HostTensor]

  /// - Throws: `InputError` where the tensor is missing or has another shape.
  subscript(parameter: Parameter) -> HostTensor {
    get throws {
      let expected = TensorType(parameter.shape)
      guard let tensor = tensors[parameter.path], tensor.type == expected else {
        throw InputError(
          "Inception weights: tensor '\(parameter.path)'", expected: "\(expected)",
          found: tensors[parameter.path].map { "\($0.type)" } ?? "none")
      }
      return tensor
    }
  }

  func notFinite(_ path: String, channel: Int) -> InputError {
    InputError(
      "Inception weights: tensors '\(path).*', channel \(channel)",
      expected: "numbers, and a variance of at least 0",
      found: "values that give a weight that is not finite",
      remedy: "the file is damaged; fetch it again")
  }
}
