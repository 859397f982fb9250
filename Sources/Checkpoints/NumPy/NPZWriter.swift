import Diagnostics
import Files

/// Writes NumPy `.npz` archives, whole or not at all: arrays stored without compression in a
/// zip archive, in Zip64 form where it needs that. Its bytes depend on the values alone.
public enum NPZWriter {
  /// Writes the tensors under their names, in their order, for example FID statistics as
  /// `mu` and `sigma`.
  /// - Throws: `InputError` for a repeated name, a type that NumPy lacks, values that do not
  ///   fill their shape, or a file that cannot be written.
  public static func write(_ tensors: [TensorRecord], to path: String) throws {
    try write(to: path) { zip in
      for tensor in tensors {
        let subject = "\(path): array '\(tensor.name)'"
        let (header, size) = try NPYWriter.layout(tensor.type, tensor.shape, subject: subject)
        try NPYWriter.check(tensor, needs: size - header.count, subject: subject)
        try zip.add(tensor.name + NPZFile.suffix, size: size) { put in
          try header.withUnsafeBytes(put)
          try tensor.forEachPiece(put)
        }
      }
    }
  }

  /// Writes the sample batch that evaluators read: one array `arr_0`, uint8 of shape (N, H, W,
  /// C), from the bytes that `body` appends in row-major order.
  /// - Parameter shape: known beforehand; `body` must append exactly that many bytes.
  public static func write(
    to path: String, shape: [Int], _ body: (inout Pixels) throws -> Void
  ) throws {
    let (header, size) = try NPYWriter.layout(.uint8, shape, subject: path)
    try write(to: path) { zip in
      try zip.add("arr_0" + NPZFile.suffix, size: size) { put in
        try header.withUnsafeBytes(put)
        try withoutActuallyEscaping(put) { put in
          var pixels = Pixels(put: put)
          try body(&pixels)
        }
      }
    }
  }

  /// Takes the pixels of a batch piece by piece.
  public struct Pixels: ~Copyable {
    fileprivate let put: (UnsafeRawBufferPointer) throws -> Void

    /// Appends pixels in row-major order.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws { try put(bytes) }

    public mutating func append(_ bytes: [UInt8]) throws {
      try bytes.withUnsafeBytes { try put($0) }
    }
  }

  private static func write(
    to path: String, _ body: (inout ZipWriter) throws -> Void
  ) throws {
    try AtomicFile.write(to: path) { temporary in
      var zip = ZipWriter(try OutputFile(temporary), path: path)
      try body(&zip)
      try zip.finish()
    }
  }
}

/// Writes NumPy `.npy` files, whole or not at all.
public enum NPYWriter {
  /// Writes one array; its name is not stored.
  /// - Throws: `InputError` for a type that NumPy lacks, values that do not fill their shape,
  ///   or a file that cannot be written.
  public static func write(_ tensor: TensorRecord, to path: String) throws {
    let (header, size) = try layout(tensor.type, tensor.shape, subject: path)
    try check(tensor, needs: size - header.count, subject: path)
    try AtomicFile.write(to: path) { temporary in
      let file = try OutputFile(temporary)
      try file.write(header)
      try tensor.forEachPiece { try file.write($0) }
      guard file.position == size else {
        throw mismatch(tensor, found: file.position - header.count, subject: path)
      }
    }
  }

  /// An array's header, and the bytes of header and elements together.
  fileprivate static func layout(
    _ type: TensorType, _ shape: [Int], subject: String
  ) throws -> (header: [UInt8], size: Int) {
    guard let dataCount = type.byteCount(shape: shape), dataCount < Int.max - 4096 else {
      throw InputError(subject, expected: "a shape that can be stored", found: "\(shape)")
    }
    let header = try NPYHeader.bytes(type: type, shape: shape, subject: subject)
    return (header, header.count + dataCount)
  }

  fileprivate static func check(
    _ tensor: TensorRecord, needs size: Int, subject: String
  ) throws {
    guard tensor.byteCount ?? size == size else {
      throw mismatch(tensor, found: tensor.byteCount ?? 0, subject: subject)
    }
  }

  private static func mismatch(
    _ tensor: TensorRecord, found: Int, subject: String
  ) -> InputError {
    InputError(
      subject, expected: "values that fill the shape \(tensor.shape)",
      found: "\(found) bytes of \(tensor.type.rawValue)")
  }
}
