import Checkpoints
import Foundation
import Testing

/// What PyTorch itself reads from the files under `Fixtures/formats/good`.
struct TorchCase: Decodable, CustomTestStringConvertible {
  struct Tensor: Decodable {
    let name: String
    let dtype: String
    let shape: [Int]
    /// Of the row-major, little-endian bytes.
    let sha256: String
  }

  struct Leaf: Decodable {
    let name: String
    let value: TorchValue.Value

    private enum CodingKeys: String, CodingKey { case name, type, value }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      let type = try container.decode(String.self, forKey: .type)
      switch type {
      case "NoneType": value = .none
      case "bool": value = .bool(try container.decode(Bool.self, forKey: .value))
      case "float": value = .float(try container.decode(Double.self, forKey: .value))
      case "str": value = .string(try container.decode(String.self, forKey: .value))
      case "list": value = .emptyList
      case "dict": value = .emptyDictionary
      case "int":
        if let number = try? container.decode(Int.self, forKey: .value) {
          value = .int(number)
        } else {
          value = .longInteger(try container.decode(String.self, forKey: .value))
        }
      default:
        throw DecodingError.dataCorruptedError(
          forKey: .type, in: container, debugDescription: type)
      }
    }
  }

  let file: String
  let kind: String
  let tensors: [Tensor]
  let values: [Leaf]

  var testDescription: String { file }

  static let all: [TorchCase] = {
    let data = FileManager.default.contents(atPath: fixture("formats/torch_cases.json")) ?? Data()
    return (try? JSONDecoder().decode([TorchCase].self, from: data)) ?? []
  }()

  static let types: [String: TensorType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16,
    "int64": .int64, "int32": .int32, "int16": .int16, "int8": .int8, "uint8": .uint8,
    "bool": .bool,
  ]
}
