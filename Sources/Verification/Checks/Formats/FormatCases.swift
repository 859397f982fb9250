import Diagnostics
import Foundation

/// `cases.json` of a folder of files in the containers that tensors come in: what each good
/// file holds, and which files are to be refused.
struct FormatCases: Decodable {
  struct Good: Decodable {
    let file: String
    let kind: String
    let tensors: [Tensor]
    let values: [Leaf]
  }

  struct Tensor: Decodable {
    let path: [Step]
    /// NumPy's name of the element type.
    let dtype: String
    let shape: [Int]
    /// Of the row-major little-endian bytes.
    let sha256: String
    /// The fixture's tensor of equal bytes.
    let expected: String?

    var name: String { path.map(\.text).joined(separator: "/") }
  }

  /// What a file holds beside tensors.
  struct Leaf: Decodable {
    let path: [Step]
    /// Python's name of the type.
    let type: String
    let value: JSONValue

    var name: String { path.map(\.text).joined(separator: "/") }
  }

  struct Hostile: Decodable {
    let file: String
    let expect: Expectation
    let why: String
  }

  enum Expectation: String, Decodable {
    case refuse
    /// Refused, or read within bounded memory and time.
    case refuseOrBounded = "refuse_or_bounded"
  }

  /// A key or an index.
  struct Step: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      text = try (try? container.decode(Int.self)).map(String.init) ?? container.decode(String.self)
    }
  }

  /// The scalars of JSON; objects and arrays are only ever empty here.
  enum JSONValue: Decodable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case empty

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Int.self) {
        self = .integer(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .text(value)
      } else {
        self = .empty
      }
    }
  }

  let good: [Good]
  let hostile: [Hostile]

  /// - Throws: `InputError` where the file cannot be read or names files outside its folder.
  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InputError(
        path, expected: "the list of files beside the fixture", found: "no such file",
        remedy: "copy the fixture's folder along with it")
    }
    do {
      self = try JSONDecoder().decode(FormatCases.self, from: data)
    } catch {
      throw InputError("\(path): expected a list of good and hostile files, found: \(error)")
    }
    for file in good.map(\.file) + hostile.map(\.file)
    where file.hasPrefix("/") || file.split(separator: "/").contains("..") {
      throw InputError(path, expected: "files of its own folder", found: "'\(file)'")
    }
  }
}
