import Diagnostics
import Files
import Foundation
import Testing

@testable import Checkpoints

/// Damaged files of PyTorch's. Bytes changed anywhere in an archive seldom get past its directory,
/// so pickles are damaged alone, too, and put into archives that are whole.
@Suite struct TorchFuzzTests {
  typealias P = PickleCode

  static let archives = [
    "zip_state_dict", "zip_dtypes", "zip_protocol4", "zip_views", "zip_parameters", "zip_no_crc",
    "zip_big_endian", "hand_assembled",
  ].map { "formats/good/\($0).pt" }

  /// The pickles of archives, and small ones with everything that a pickle may hold.
  static func pickles(_ names: [String]) throws -> [[UInt8]] {
    try names.flatMap { name in
      let archive = try ZipArchive(ReadOnlyFile(fixture(name)), checksums: .ignored)
      return try archive.members.filter { $0.name.hasSuffix("data.pkl") }
        .map { try archive.bytes($0, atMost: 1 << 20) }
    }
  }

  static let snippets: [[UInt8]] =
    PickleReaderTests.scalars.map { P.pickle($0.0) } + PickleReaderTests.damage.map { P.pickle($0) }
    + TorchArchiveTests.wrongTensors.map { P.pickle(P.dictionary(["w": $0.0])) }
    + TorchArchiveTests.wrongObjects.map { P.pickle($0.0) }

  /// Small ones with tensors, so that changes meet what describes them.
  static let small: [[UInt8]] = [
    TorchSamples.trainingCheckpoint, TorchSamples.waysToSayTensor, P.dictionary(["w": P.tensor()]),
    P.dictionary([
      "a": P.tensor(offset: 1, shape: [3, 2, 1], strides: [0, 1, 7]),
      "b": P.tensor(shape: [2, 2], strides: [1, 2]),
      "c": P.tensor(shape: [0, 5], strides: [5, 1]),
    ]),
  ].map { P.pickle($0) }

  @Test func pickle() throws {
    let corpus = try TorchFuzzTests.snippets + TorchFuzzTests.pickles(TorchFuzzTests.archives)
    try ReaderFuzz.run("pickle", corpus: corpus) { path in
      let file = try ReadOnlyFile(path)
      do {
        let pickle = try PickleReader.only(file.bytes(0..<file.size), .stateDict)
        _ = try TorchTree(pickle, separator: "/", subject: path)
      } catch let error as PickleError {
        throw error.inputError(path)
      }
    }
  }

  @Test func torchZip() throws {
    try ReaderFuzz.run("torch-zip", corpus: ReaderFuzz.corpus(TorchFuzzTests.archives)) {
      try ReaderFuzz.readAll(TensorFiles.open($0))
    }
  }

  @Test func torchLegacy() throws {
    let names = ["legacy_dtypes", "legacy_views", "legacy_train_checkpoint"]
      .map { "formats/good/\($0).pth" }
    let corpus =
      try ReaderFuzz.corpus(names) + [TorchSamples.legacy(P.dictionary(["w": P.tensor()]))]
    try ReaderFuzz.run("torch-legacy", corpus: corpus) {
      try ReaderFuzz.readAll(TensorFiles.open($0))
    }
  }

  @Test func torchScript() throws {
    let corpus = try ReaderFuzz.corpus(["formats/good/torchscript.pt"])
    try ReaderFuzz.run("torchscript", corpus: corpus) {
      try ReaderFuzz.readAll(TensorFiles.open($0))
    }
  }

  @Test func pickleInTorchZip() throws {
    let corpus = try TorchFuzzTests.small + TorchFuzzTests.pickles(TorchFuzzTests.archives)
    try ReaderFuzz.run("torch-zip-pickle", corpus: corpus) { path in
      try readArchive(with: path, scope: .stateDict, byteOrder: "little", others: [])
    }
  }

  @Test func pickleInTorchScript() throws {
    let corpus = try TorchFuzzTests.pickles(["formats/good/torchscript.pt"])
    try ReaderFuzz.run("torchscript-pickle", corpus: corpus) { path in
      try readArchive(
        with: path, scope: .script, byteOrder: "big",
        others: [.init("archive/constants.pkl", P.pickle(P.code(")")))])
    }
  }

  /// Replaces the pickle in `path` by an archive of it with every storage that it claims, as far
  /// as they are small, and reads that.
  func readArchive(
    with path: String, scope: PickleGlobal.Scope, byteOrder: String, others: [HandMadeZip.Member]
  ) throws {
    let file = try ReadOnlyFile(path)
    let bytes = try file.bytes(0..<file.size)
    let claims = (try? PickleReader.only(bytes, scope))?.heap.records ?? [:]
    let storages = claims.filter { $0.value.byteCount <= 1 << 16 }
      .mapValues { [UInt8](repeating: 1, count: $0.byteCount) }
    let members = TorchSamples.members(bytes, storages: storages, byteOrder: byteOrder)
    try OutputFile(path).write(HandMadeZip(members + others).finished())
    try ReaderFuzz.readAll(TensorFiles.open(path))
  }
}
