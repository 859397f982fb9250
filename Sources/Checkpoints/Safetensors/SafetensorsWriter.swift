import Diagnostics
import Files

/// How binary32 values are stored: as they are, or rounded to nearest even.
public enum FloatStorage: String, Sendable, CaseIterable {
  case float32
  case float16
  case bfloat16

  public var tensorType: TensorType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    }
  }
}

/// A tensor to be written by ``SafetensorsWriter``.
public struct TensorRecord {
  public let name: String
  public let shape: [Int]
  public let type: TensorType
  fileprivate let source: Source

  fileprivate enum Source {
    case floats([Float], FloatStorage)
    case buffer(UnsafeBufferPointer<Float>, FloatStorage)
    case bytes([UInt8])
    case stream(Stream)
  }

  /// Hands values over piece by piece, in order.
  public typealias Stream = (_ put: ([Float]) throws -> Void) throws -> Void

  /// Row-major values of any storage type for floats.
  public init(
    _ name: String, shape: [Int], floats: [Float], as storage: FloatStorage = .float32
  ) {
    self.init(name, shape, storage.tensorType, .floats(floats, storage))
  }

  /// The same from memory that stays valid until the file is written.
  public init(
    _ name: String, shape: [Int], buffer: UnsafeBufferPointer<Float>,
    as storage: FloatStorage = .float32
  ) {
    self.init(name, shape, storage.tensorType, .buffer(buffer, storage))
  }

  /// Binary32 values that are made while the file is written, for tensors beyond memory.
  public init(_ name: String, shape: [Int], stream: @escaping Stream) {
    self.init(name, shape, .float32, .stream(stream))
  }

  /// Integers, stored as `I64`.
  public init(_ name: String, shape: [Int], integers: [Int64]) {
    let bytes = integers.flatMap { value in
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    self.init(name, shape, .int64, .bytes(bytes))
  }

  /// Row-major little-endian bytes of `type`.
  public init(_ name: String, shape: [Int], type: TensorType, bytes: [UInt8]) {
    self.init(name, shape, type, .bytes(bytes))
  }

  private init(_ name: String, _ shape: [Int], _ type: TensorType, _ source: Source) {
    self.name = name
    self.shape = shape
    self.type = type
    self.source = source
  }

  /// What the source holds, which must be what the shape needs; nil before a stream has run.
  fileprivate var byteCount: Int? {
    switch source {
    case .floats(let values, _): values.count * type.size
    case .buffer(let values, _): values.count * type.size
    case .bytes(let bytes): bytes.count
    case .stream: nil
    }
  }
}

/// Writes safetensors files: whole or not at all, equal input giving equal bytes.
public enum SafetensorsWriter {
  /// Wide types come first, so that every tensor is aligned; names sort within a type's width.
  /// - Throws: `InputError` for a repeated name, values that do not fill their
  ///   shape, or a file that cannot be written.
  public static func write(
    _ tensors: [TensorRecord], metadata: [String: String] = [:], to path: String
  ) throws {
    let ordered = tensors.sorted {
      ($1.type.size, $0.name) < ($0.type.size, $1.name)
    }
    let header = try header(ordered, metadata: metadata, path: path)
    try AtomicFile.write(to: path) { temporary in
      let file = try OutputFile(temporary)
      try file.write(header)
      for tensor in ordered {
        let start = file.position
        try write(tensor.source, to: file)
        try check(tensor, byteCount: file.position - start, path: path)
      }
    }
  }

  private static func header(
    _ tensors: [TensorRecord], metadata: [String: String], path: String
  ) throws -> [UInt8] {
    var names: Set<String> = ["__metadata__"]
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { JSONText.quoted($0.key) + ":" + JSONText.quoted($0.value) }
      entries.append("\"__metadata__\":{" + pairs.joined(separator: ",") + "}")
    }
    var offset = 0
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw InputError("\(path): tensor '\(tensor.name)' cannot be written twice")
      }
      let needed = try check(tensor, byteCount: tensor.byteCount, path: path)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(JSONText.quoted(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(offset + needed)]}")
      offset += needed
    }
    var text = Array(("{" + entries.joined(separator: ",") + "}").utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  /// - Returns: the bytes that the tensor's shape needs, and that it must have where it is
  ///   known how many it has.
  @discardableResult
  private static func check(_ tensor: TensorRecord, byteCount: Int?, path: String) throws -> Int {
    guard let needed = tensor.type.byteCount(shape: tensor.shape), byteCount ?? needed == needed
    else {
      throw InputError(
        "\(path): tensor '\(tensor.name)'",
        expected: "values that fill the shape \(tensor.shape)",
        found: "\(byteCount ?? 0) bytes of \(tensor.type.rawValue)")
    }
    return needed
  }

  private static func write(_ source: TensorRecord.Source, to file: OutputFile) throws {
    switch source {
    case .stream(let stream):
      try stream { values in
        try values.withUnsafeBufferPointer { try write($0, .float32, to: file) }
      }
    case .bytes(let bytes): try file.write(bytes)
    case .floats(let values, let storage):
      try values.withUnsafeBufferPointer { try write($0, storage, to: file) }
    case .buffer(let values, let storage): try write(values, storage, to: file)
    }
  }

  private static func write(
    _ values: UnsafeBufferPointer<Float>, _ storage: FloatStorage, to file: OutputFile
  ) throws {
    let chunk = 1 << 18
    let size = storage.tensorType.size
    let scratch = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(chunk, values.count) * size, alignment: 64)
    defer { scratch.deallocate() }
    for start in stride(from: 0, to: values.count, by: chunk) {
      let part = UnsafeBufferPointer(rebasing: values[start..<min(start + chunk, values.count)])
      let bytes = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(part.count * size)])
      ElementConversion.narrow(part, to: storage, into: bytes)
      try file.write(UnsafeRawBufferPointer(bytes))
    }
  }
}
