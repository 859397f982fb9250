import Diagnostics
import Files

/// The containers that tensors come in.
public enum CheckpointFormat: String, Sendable, CaseIterable {
  case safetensors
  /// `torch.save` since PyTorch 1.6.
  case torchZip = "PyTorch zip"
  /// `torch.save` before PyTorch 1.6.
  case torchLegacy = "PyTorch legacy"
  /// `torch.jit.save`; only parameters and buffers are read.
  case torchScript = "TorchScript"
  case npz
  case npy
}

/// A file of named tensors, open for reading. Its description is checked whole when it is
/// opened; the tensors are read as they are asked for, by any thread.
public protocol TensorFile: Sendable {
  var path: String { get }
  var format: CheckpointFormat { get }
  /// What the file says of itself beside its tensors; empty where its format has no room for that.
  var metadata: [String: String] { get }
  /// Names of the tensors, sorted.
  var names: [String] { get }

  func tensor(named name: String) -> StoredTensor?

  /// Passes the tensor's elements on in row-major order and little-endian, in pieces of whole
  /// elements and of at most 1 MiB.
  /// - Throws: `InputError` when there is no such tensor or it cannot be read.
  func forEachChunk(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

  /// The file beneath.
  var file: ReadOnlyFile { get }

  /// Where the elements lie in ``file``, if they lie there row-major, little-endian and
  /// without gaps.
  func plainRange(of name: String) -> Range<Int>?
}

extension TensorFile {
  public func contains(_ name: String) -> Bool { tensor(named: name) != nil }

  /// - Throws: `InputError` when there is no tensor of that name.
  public func info(_ name: String) throws -> StoredTensor {
    guard let tensor = tensor(named: name) else {
      throw InputError(
        path, expected: "a tensor '\(name)'", found: "\(names.count) others",
        remedy: names.isEmpty ? nil : "for example '\(names[0])'")
    }
    return tensor
  }

  /// The tensor as stored: row-major, little-endian.
  public func bytes(_ name: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(try info(name).byteCount)
    try forEachChunk(of: name) { bytes.append(contentsOf: $0) }
    return bytes
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
    var done = 0
    try forEachChunk(of: name) { bytes in
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
    try forEachChunk(of: name) {
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
    try forEachChunk(of: name) {
      guard let part = ElementConversion.integers($0, type: tensor.type) else {
        throw InputError(
          "\(path): tensor '\(name)'", expected: "integers below 2^63", found: "a larger one")
      }
      values.append(contentsOf: part)
    }
    return values
  }
}

/// Opens files of tensors by what is in them, whatever they are called.
public enum TensorFiles {
  /// - Throws: `InputError` where the file is of no known format, or damaged.
  public static func open(_ path: String) throws -> any TensorFile {
    let file = try ReadOnlyFile(path)
    let start = try file.bytes(0..<min(16, file.size))
    if ZipArchive.isStart(start) {
      // PyTorch's checksums may mean nothing.
      let archive = try ZipArchive(file, checksums: .ignored)
      if let torch = TorchArchive(archive) { return try torch.open() }
      guard archive.members.allSatisfy({ $0.name.hasSuffix(NPZFile.suffix) }) else {
        throw unknown(path, found: "a zip archive of other things")
      }
      return try NPZFile(ZipArchive(file))
    }
    if start.starts(with: NPYHeader.magic) { return try NPYFile(path: path) }
    if SafetensorsFile.isStart(start) { return try SafetensorsFile(path: path) }
    if start.first == PickleOpcode.proto.rawValue { return try TorchLegacy.open(file) }
    throw unknown(path, found: start.isEmpty ? "an empty file" : "none of these")
  }

  private static func unknown(_ path: String, found: String) -> InputError {
    let formats = CheckpointFormat.allCases.map(\.rawValue).joined(separator: ", ")
    return InputError(
      path, expected: "a file of tensors (\(formats))", found: found,
      remedy: "check that its download is complete")
  }
}
