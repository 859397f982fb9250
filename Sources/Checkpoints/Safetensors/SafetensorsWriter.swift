import Diagnostics
import Files

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
        try tensor.forEachPiece { try file.write($0) }
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
}
