import Diagnostics
import Files

/// A safetensors file open for reading. Its header is checked whole when it is
/// opened (format: https://github.com/huggingface/safetensors#format, with the
/// rules that writers must follow enforced on files read); tensors are then read
/// from the file as they are asked for, by any thread.
public final class SafetensorsFile: Sendable {
  public let path: String
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// Names of the tensors, sorted.
  public let names: [String]
  private let tensors: [String: StoredTensor]
  private let file: ReadOnlyFile
  private let dataStart: Int

  /// What the published readers take; a header is a few megabytes at most.
  private static let longestHeader = 100_000_000

  public init(path: String) throws {
    let file = try ReadOnlyFile(path)
    guard file.size >= 8 else {
      throw InputError(path, expected: "a safetensors file", found: "\(file.size) bytes")
    }
    let length = try file.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length >= 2, length <= UInt64(min(file.size - 8, SafetensorsFile.longestHeader)) else {
      throw InputError(
        path, expected: "a safetensors header of at least 2 and at most \(file.size - 8) bytes",
        found: "a length of \(length)", remedy: "the file may be cut off or of another format")
    }
    dataStart = 8 + Int(length)
    let header = try SafetensorsHeader(
      file.bytes(8..<dataStart), dataLength: file.size - dataStart, path: path)
    self.path = path
    self.file = file
    metadata = header.metadata
    tensors = header.tensors
    names = header.tensors.keys.sorted()
  }

  public func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// - Throws: `InputError` when there is no tensor of that name.
  public func info(_ name: String) throws -> StoredTensor {
    guard let tensor = tensors[name] else {
      throw InputError(
        path, expected: "a tensor '\(name)'", found: "\(names.count) others",
        remedy: names.isEmpty ? nil : "for example '\(names[0])'")
    }
    return tensor
  }

  /// The tensor as stored: row-major, little-endian.
  public func bytes(_ name: String) throws -> [UInt8] {
    let range = try info(name).byteRange
    return try file.bytes(dataStart + range.lowerBound..<dataStart + range.upperBound)
  }

  /// The tensor of any type as binary32, rounded to nearest where it does not fit.
  public func floats(_ name: String) throws -> [Float] {
    let count = try info(name).count
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(name, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  /// Like ``floats(_:)``, into the caller's memory of exactly as many elements.
  public func read(_ name: String, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    let tensor = try info(name)
    guard buffer.count == tensor.count else {
      throw InputError(
        "\(path): tensor '\(name)'", expected: "\(buffer.count) elements",
        found: "\(tensor.count) of shape \(tensor.shape)")
    }
    guard tensor.type != .float32 else {
      return try file.read(
        at: dataStart + tensor.byteRange.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
    }
    var done = 0
    try forEachChunk(of: tensor) { bytes in
      let part = UnsafeMutableBufferPointer(rebasing: buffer[done...])
      ElementConversion.widen(bytes, type: tensor.type, into: part)
      done += bytes.count / tensor.type.size
    }
  }

  /// The tensor of any type as binary64.
  public func doubles(_ name: String) throws -> [Double] {
    let tensor = try info(name)
    var values: [Double] = []
    values.reserveCapacity(tensor.count)
    try forEachChunk(of: tensor) {
      values.append(contentsOf: ElementConversion.doubles($0, type: tensor.type))
    }
    return values
  }

  /// A tensor of an integer type or of booleans (0 and 1).
  /// - Throws: `InputError` for other types and for values of 2^63 and above.
  public func integers(_ name: String) throws -> [Int64] {
    let tensor = try info(name)
    guard !tensor.type.isFloatingPoint else {
      throw InputError(
        "\(path): tensor '\(name)'", expected: "integers", found: tensor.type.rawValue)
    }
    var values: [Int64] = []
    values.reserveCapacity(tensor.count)
    try forEachChunk(of: tensor) {
      guard let part = ElementConversion.integers($0, type: tensor.type) else {
        throw InputError(
          "\(path): tensor '\(name)'", expected: "integers below 2^63", found: "a larger one")
      }
      values.append(contentsOf: part)
    }
    return values
  }

  private func forEachChunk(
    of tensor: StoredTensor, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let start = dataStart + tensor.byteRange.lowerBound
    try file.forEachChunk(of: start..<start + tensor.byteRange.count, body)
  }
}
