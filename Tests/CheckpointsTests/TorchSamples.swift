import Checkpoints
import Files

/// Files of PyTorch's, put together by hand.
enum TorchSamples {
  /// The members of an archive as `torch.save` makes it.
  static func members(
    _ pickle: [UInt8], storages: [String: [UInt8]] = ["0": floats], byteOrder: String? = "little"
  ) -> [HandMadeZip.Member] {
    [.init("archive/data.pkl", pickle), .init("archive/version", Array("3\n".utf8))]
      + (byteOrder.map { [.init("archive/byteorder", Array($0.utf8))] } ?? [])
      + storages.sorted { $0.key < $1.key }.map { .init("archive/data/\($0.key)", $0.value) }
  }

  static func archive(
    _ body: [UInt8], storages: [String: [UInt8]] = ["0": floats], byteOrder: String? = "little"
  ) -> [UInt8] {
    HandMadeZip(members(PickleCode.pickle(body), storages: storages, byteOrder: byteOrder))
      .finished()
  }

  /// The format before 1.6, with storage 0.
  static func legacy(_ body: [UInt8], keys: [UInt8]? = nil, tail: [UInt8]? = nil) -> [UInt8] {
    typealias P = PickleCode
    let magic: [UInt8] = [
      0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    ]
    return P.pickle(magic) + P.pickle(P.int(1001)) + P.pickle(P.dictionary(["a": P.int(1)]))
      + P.pickle(body) + P.pickle(keys ?? P.list(P.string("0")))
      + (tail ?? little(UInt64(4)) + floats)
  }

  /// 1, 2, 3, 4.
  static let floats: [UInt8] = [Float](arrayLiteral: 1, 2, 3, 4).flatMap { little($0.bitPattern) }

  /// Opens `bytes` as a file that is gone afterwards.
  static func open(_ bytes: [UInt8]) throws -> TorchFile {
    try withTemporaryFolder { folder in
      try AtomicFile.write(bytes, to: folder + "/sample.pt", durable: false)
      let file = try TensorFiles.open(folder + "/sample.pt")
      guard let torch = file as? TorchFile else { throw NotTorch() }
      return torch
    }
  }

  struct NotTorch: Error {}
}
