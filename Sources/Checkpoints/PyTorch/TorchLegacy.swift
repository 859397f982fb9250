import Diagnostics
import Files

/// The format of `torch.save` before PyTorch 1.6 (`torch/serialization.py`, `_legacy_save`): five
/// pickles (a magic number, the version of the format, a description of the machine, the object,
/// the keys of its storages), then for each storage 8 bytes with the number of its elements and
/// the elements, little-endian whatever the machine was.
enum TorchLegacy {
  private static let magicNumber = "119547037146038801333356"  // 0x1950A86A20F9469CFC6C
  private static let version = 1001

  /// - Parameter file: one that begins with a pickle.
  static func open(_ file: ReadOnlyFile) throws -> TorchFile {
    var reader = PickleReader(PickleStream(file))
    do {
      try checkMagicNumber(&reader, path: file.path)
      try checkVersion(reader.next(.nothing), path: file.path)
      _ = try reader.next(.nothing)
      let object = try reader.next(.stateDict)
      let tree = try TorchTree(object, separator: "/", subject: file.path)
      let keys = try storageKeys(reader.next(.nothing), path: file.path)
      let records = try storages(
        keys, claims: object.heap.records, from: reader.stream.position, in: file)
      return TorchFile(
        try TorchContents(tree, records: records, isBigEndian: false, file: file),
        file: file, format: .torchLegacy, metadata: [:])
    } catch let error as PickleError {
      throw error.inputError(file.path)
    }
  }

  private static func checkMagicNumber(_ reader: inout PickleReader, path: String) throws {
    let expected = "PyTorch's magic number before the object"
    let remedy = "a bare pickle is not read; write it with torch.save"
    let found: String
    do {
      let pickle = try reader.next(.nothing)
      if case .longInteger(let digits) = pickle.root,
        PickleInteger.decimal(pickle.bytes[digits.range]) == magicNumber
      {
        return
      }
      found = "a bare pickle of \(pickle.heap.description(pickle.root))"
    } catch let error as PickleError {
      found = "a bare pickle with \(error.found) at byte \(error.offset)"
    }
    throw InputError(path, expected: expected, found: found, remedy: remedy)
  }

  private static func checkVersion(_ pickle: Pickle, path: String) throws {
    guard case .int(version) = pickle.root else {
      throw InputError(
        path, expected: "version \(version) of PyTorch's legacy format",
        found: pickle.heap.description(pickle.root))
    }
  }

  private static func storageKeys(_ pickle: Pickle, path: String) throws -> [String] {
    guard let list = pickle.heap.node(pickle.root), case .list = list.kind else {
      throw InputError(
        path, expected: "a list of storage keys", found: pickle.heap.description(pickle.root))
    }
    return try list.items.map { item in
      guard case .string(let text) = item else {
        throw InputError(
          path, expected: "storage keys that are strings", found: pickle.heap.description(item))
      }
      return pickle.string(text)
    }
  }

  /// Where each storage lies: in the order of `keys`, from byte `start` to the end of the file.
  private static func storages(
    _ keys: [String], claims: [String: TorchRecord], from start: Int, in file: ReadOnlyFile
  ) throws -> [String: Range<Int>] {
    var records: [String: Range<Int>] = [:]
    var position = start
    for key in keys {
      let subject = "\(file.path): storage '\(printable(key))'"
      guard let claim = claims[key], records[key] == nil else {
        throw InputError(
          subject, expected: "each storage of the object once",
          found: claims[key] == nil ? "one that no tensor uses" : "it twice")
      }
      guard file.size - position >= 8 else { throw cutOff(subject) }
      let count = try file.bytes(position..<position + 8).reversed()
        .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      position += 8
      guard count == UInt64(claim.count) else {
        throw InputError(
          subject, expected: "\(claim.count) elements", found: "\(Int64(bitPattern: count))")
      }
      guard claim.byteCount <= file.size - position else { throw cutOff(subject) }
      records[key] = position..<position + claim.byteCount
      position += claim.byteCount
    }
    guard records.count == claims.count else {
      throw InputError(
        file.path, expected: "\(claims.count) storages", found: "\(records.count)")
    }
    guard position == file.size else {
      throw InputError(
        file.path, expected: "the last storage to end the file",
        found: "\(file.size - position) bytes after it")
    }
    return records
  }

  private static func cutOff(_ subject: String) -> InputError {
    InputError(subject, expected: "all its bytes", found: "the end of the file before them")
  }
}
