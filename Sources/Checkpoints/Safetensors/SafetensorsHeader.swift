import Diagnostics

/// The JSON header of a safetensors file, read by its own small grammar:
/// an object of tensors, each with exactly `dtype`, `shape` and `data_offsets`,
/// and of string metadata. Nothing nests deeper, so neither does the parser, and
/// a name given twice is seen, which general JSON readers do not promise.
struct SafetensorsHeader {
  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [String: Entry] = [:]

  /// More than any model has; what is kept of each takes a few hundred bytes.
  static let mostTensors = 100_000

  /// A tensor and its bytes, counted from the start of the data section.
  struct Entry {
    let tensor: StoredTensor
    let byteRange: Range<Int>
  }

  /// - Parameters:
  ///   - bytes: the header alone, trailing spaces included.
  ///   - dataLength: bytes of the data section; the tensors must fill it
  ///     without gaps or overlaps.
  init(_ bytes: [UInt8], dataLength: Int, path: String) throws {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw InputError(path, expected: "a header in UTF-8", found: "invalid bytes")
    }
    var scanner = JSONScanner(bytes, subject: "\(path): safetensors header")
    guard bytes.first == UInt8(ascii: "{") else {
      throw scanner.error("expected '{' as its first byte")
    }
    var sawMetadata = false
    try scanner.object { scanner, name in
      if name == "__metadata__" {
        guard !sawMetadata else { throw scanner.error("has __metadata__ twice") }
        sawMetadata = true
        metadata = try SafetensorsHeader.metadata(&scanner)
      } else {
        let tensor = try SafetensorsHeader.tensor(name, &scanner)
        guard entries.updateValue(tensor, forKey: name) == nil else {
          throw scanner.error("has the tensor '\(name)' twice")
        }
        guard entries.count <= Self.mostTensors else {
          throw scanner.error("has more than \(Self.mostTensors) tensors")
        }
      }
    }
    try scanner.end()
    try checkLayout(dataLength: dataLength, path: path)
  }

  private static func metadata(_ scanner: inout JSONScanner) throws -> [String: String] {
    var entries: [String: String] = [:]
    try scanner.object { scanner, key in
      guard try entries.updateValue(scanner.string(), forKey: key) == nil else {
        throw scanner.error("has the metadata key '\(key)' twice")
      }
    }
    return entries
  }

  private static func tensor(_ name: String, _ scanner: inout JSONScanner) throws -> Entry {
    var type: TensorType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { scanner, key in
      switch key {
      case "dtype" where type == nil:
        let text = try scanner.string()
        type = TensorType(rawValue: text)
        guard type != nil else {
          let known = TensorType.allCases.map(\.rawValue).joined(separator: ", ")
          throw scanner.error("tensor '\(name)': unknown dtype '\(text)', known are \(known)")
        }
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      default: throw scanner.error("tensor '\(name)': repeated or unknown field '\(key)'")
      }
    }
    guard let type, let shape, let offsets else {
      throw scanner.error(
        "tensor '\(name)': expected dtype, shape and data_offsets, one is missing")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw scanner.error("tensor '\(name)': expected data_offsets [begin, end], found \(offsets)")
    }
    guard let size = type.byteCount(shape: shape) else {
      throw scanner.error("tensor '\(name)': shape \(shape) has too many elements")
    }
    guard size == offsets[1] - offsets[0] else {
      throw scanner.error(
        "tensor '\(name)': \(type.rawValue) of shape \(shape) needs \(size) bytes, "
          + "data_offsets give \(offsets[1] - offsets[0])")
    }
    return Entry(
      tensor: StoredTensor(name: name, type: type, shape: shape),
      byteRange: offsets[0]..<offsets[1])
  }

  /// Every byte of the data section belongs to exactly one tensor.
  private func checkLayout(dataLength: Int, path: String) throws {
    let ordered = entries.values.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    var end = 0
    for entry in ordered {
      guard entry.byteRange.lowerBound == end else {
        throw InputError(
          "\(path): tensor '\(entry.tensor.name)'",
          expected: "its data at byte \(end), after the others",
          found: "byte \(entry.byteRange.lowerBound)")
      }
      end = entry.byteRange.upperBound
      guard end <= dataLength else {
        throw InputError(
          "\(path): tensor '\(entry.tensor.name)'", expected: "data up to byte \(end)",
          found: "\(dataLength) bytes of data", remedy: "the file may be cut off: copy it again")
      }
    }
    guard end == dataLength else {
      throw InputError(
        path, expected: "\(end) bytes of data", found: "\(dataLength)",
        remedy: "the file has bytes that belong to no tensor")
    }
  }
}
