import Diagnostics
import Files

/// The zip archives of `torch.save` since PyTorch 1.6 and of `torch.jit.save`: a folder with the
/// object as `data.pkl`, each storage as `data/<key>`, and the byte order of the machine as
/// `byteorder` (`torch/serialization.py`, `_save`; `caffe2/serialize/inline_container.h`).
struct TorchArchive {
  /// The folder that everything is in.
  let root: String
  private let archive: ZipArchive
  private let file: ReadOnlyFile

  /// - Parameter archive: read without checksums, which PyTorch can leave out and never looks at.
  /// - Returns: nil for an archive of something else.
  init?(_ archive: ZipArchive) {
    let suffix = "/data.pkl"
    let name = archive.members.lazy.map(\.name)
      .first { $0.hasSuffix(suffix) && !$0.dropLast(suffix.count).contains("/") }
    guard let name else { return nil }
    root = String(name.dropLast(suffix.count))
    self.archive = archive
    file = archive.file
  }

  func open() throws -> TorchFile {
    for member in archive.members where !member.name.hasPrefix(root + "/") {
      throw InputError(
        file.path, expected: "members in the folder '\(printable(root))' alone",
        found: "'\(printable(member.name))'")
    }
    let isScript =
      archive.member(named: root + "/constants.pkl") != nil
      || archive.members.contains { $0.name.hasPrefix(root + "/code/") }
    let byteOrder = try text("byteorder")
    guard byteOrder == nil || byteOrder == "little" || byteOrder == "big" else {
      throw InputError(
        file.path, expected: "the byte order 'little' or 'big'",
        found: "'\(printable(byteOrder ?? ""))'")
    }
    let object = try pickle(isScript ? .script : .stateDict)
    let tree = try TorchTree(object, separator: isScript ? "." : "/", subject: file.path)
    let records = try storages(object.heap.records)
    let contents = try TorchContents(
      tree, records: records, isBigEndian: byteOrder == "big", file: file)
    var metadata: [String: String] = [:]
    metadata["byteorder"] = byteOrder
    metadata["version"] = try text("version")
    return TorchFile(
      contents, file: file, format: isScript ? .torchScript : .torchZip, metadata: metadata)
  }

  private func pickle(_ scope: PickleGlobal.Scope) throws -> Pickle {
    let name = root + "/data.pkl"
    guard let member = archive.member(named: name) else {
      throw InputError(file.path, expected: "a member '\(printable(name))'", found: "none")
    }
    do {
      return try PickleReader.only(
        archive.bytes(member, atMost: PickleStream.longest), scope)
    } catch let error as PickleError {
      throw error.inputError("\(file.path): \(printable(name))")
    }
  }

  /// A short record without white space; nil where there is none.
  private func text(_ name: String) throws -> String? {
    guard let member = archive.member(named: root + "/" + name) else { return nil }
    let text = String(decoding: try archive.bytes(member, atMost: 64), as: UTF8.self)
    return text.filter { !$0.isWhitespace }
  }

  private func storages(_ claims: [String: TorchRecord]) throws -> [String: Range<Int>] {
    var records: [String: Range<Int>] = [:]
    for (key, claim) in claims.sorted(by: { $0.key < $1.key }) {
      let subject = "\(file.path): storage '\(key)'"
      guard let member = archive.member(named: "\(root)/data/\(key)") else {
        throw InputError(
          subject, expected: "a member '\(printable(root))/data/\(key)'", found: "none")
      }
      guard member.size == claim.byteCount else {
        throw InputError(
          subject, expected: "\(claim.byteCount) bytes", found: "\(member.size)")
      }
      guard let range = archive.storedRange(of: member) else {
        throw InputError(
          subject, expected: "bytes as they are, as PyTorch writes them",
          found: "a compressed member", remedy: "pack the archive again without compression")
      }
      records[key] = range
    }
    return records
  }
}
