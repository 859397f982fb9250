import Checkpoints
import Diagnostics
import Foundation
import TensorGraph

/// A reference fixture: a safetensors file whose metadata entry `config` is a JSON object
/// with `kind`, `config` (settings), `salts` of the weight formula and `tolerance`; its
/// tensors are inputs and expected outputs.
struct Fixture: Sendable {
  let kind: String
  let file: SafetensorsFile
  private let metadata: Data
  private let salts: [String: String]
  private let tolerances: [String: Tolerance]

  private struct Header: Decodable {
    struct Tolerances: Decodable { let tensors: [String: Tolerance]? }
    let kind: String
    let salts: [String: String]?
    let tolerance: Tolerances?
  }

  private struct Body<Settings: Decodable>: Decodable { let config: Settings }

  /// - Throws: `InputError` where the file is none, or its metadata are not a fixture's.
  init(path: String) throws {
    file = try SafetensorsFile(path: path)
    guard let text = file.metadata["config"] else {
      throw InputError(
        path, expected: "a reference fixture, with a metadata entry 'config'",
        found: "none among \(file.metadata.count) entries")
    }
    metadata = Data(text.utf8)
    let header = try Self.decode(Header.self, metadata, path)
    kind = header.kind
    salts = header.salts ?? [:]
    tolerances = header.tolerance?.tensors ?? [:]
    for (name, tolerance) in tolerances.sorted(by: { $0.key < $1.key }) {
      guard file.contains(name) else {
        throw InputError(
          path, expected: "the tensor '\(name)', for which its metadata have a tolerance",
          found: "none")
      }
      let count = try file.info(name).count
      if let range = tolerance.ignore.first(where: { $0.upperBound > count }) {
        throw InputError(
          "\(path): metadata 'config', tolerance.tensors.\(name).ignore",
          expected: "ranges within 0..<\(count)", found: "\(range)")
      }
    }
  }

  var path: String { file.path }
  var names: [String] { file.names }

  /// The settings, `config.config`.
  func configuration<Settings: Decodable>(_ type: Settings.Type) throws -> Settings {
    try Self.decode(Body<Settings>.self, metadata, path).config
  }

  /// The formula of the weights whose salt is filed under the first known of `names`.
  func formula(_ names: String...) throws -> WeightFormula {
    guard let salt = names.compactMap({ salts[$0] }).first else {
      throw InputError(
        "\(path): metadata 'config', salts", expected: "'\(names[0])'",
        found: salts.isEmpty ? "none" : salts.keys.sorted().joined(separator: ", "))
    }
    return WeightFormula(salt: salt)
  }

  func contains(_ name: String) -> Bool { file.contains(name) }

  func tolerance(_ name: String) -> Tolerance? { tolerances[name] }

  /// - Throws: `InputError` where the fixture lacks the tensor.
  func shape(_ name: String) throws -> [Int] { try file.info(name).shape }

  /// The stored tensor as numbers to compare with.
  func expected(_ name: String) throws -> ComputedTensor {
    ComputedTensor(shape: try shape(name), values: try file.doubles(name))
  }

  private static func decode<T: Decodable>(_ type: T.Type, _ data: Data, _ path: String) throws -> T
  {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch let error as DecodingError {
      throw InputError("\(path): metadata 'config': \(error.sentence)")
    }
  }
}

// MARK: - Inputs

extension Fixture {
  /// An input as float32.
  /// - Throws: `InputError` where it is missing, empty or has another shape than `shape`.
  func input(_ name: String, _ shape: [Int]? = nil) throws -> HostTensor {
    let found = try self.shape(name)
    guard found == shape ?? found, !found.contains(0) else {
      throw InputError(
        "\(path): tensor '\(name)'", expected: "shape \(shape.map { "\($0)" } ?? "without zeros")",
        found: "\(found)")
    }
    return HostTensor(try file.floats(name), shape: Shape(found))
  }

  /// `count` whole numbers from 0 to `limit`.
  func integers(_ name: String, count: Int, upTo limit: Int) throws -> [Int32] {
    let values = try file.integers(name)
    guard values.count == count else {
      throw InputError(
        "\(path): tensor '\(name)'", expected: "\(count) values", found: "\(values.count)")
    }
    return try values.map { value in
      guard (0...Int64(limit)).contains(value), let number = Int32(exactly: value) else {
        throw InputError(
          "\(path): tensor '\(name)'", expected: "values from 0 to \(limit)", found: "\(value)")
      }
      return number
    }
  }
}

extension DecodingError {
  /// What is wrong and where, for people.
  fileprivate var sentence: String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "the JSON" : path.map(\.stringValue).joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "'\(place(context.codingPath + [key]))' is missing"
    case .typeMismatch(let type, let context):
      return "\(place(context.codingPath)): expected \(type), found another type"
    case .valueNotFound(let type, let context):
      return "\(place(context.codingPath)): expected \(type), found null"
    case .dataCorrupted(let context):
      return "\(place(context.codingPath)): \(context.debugDescription)"
    @unknown default:
      return "\(self)"
    }
  }
}
