import Checkpoints
import Files
import TemporaryFolders

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

  /// Weights, optimiser state, settings.
  static let trainingCheckpoint: [UInt8] = {
    typealias P = PickleCode
    return P.dictionary([
      "model": P.call("collections", "OrderedDict") + P.code("(") + P.string("w")
        + P.call("torch._utils", "_rebuild_parameter", P.tensor(), [0x88], P.noHooks)
        + P.code("u") + P.dictionary(["_metadata": P.noHooks]) + P.code("b"),
      "opt": P.dictionary([
        "state": P.code("}(") + P.int(0)
          + P.dictionary(["step": P.tensor(shape: [], strides: [])]) + P.code("u"),
        "param_groups": P.list(P.dictionary(["lr": P.float(0.5), "params": P.list(P.int(0))])),
      ]),
      "args": P.object(
        "argparse", "Namespace",
        state: P.dictionary([
          "path": P.call("pathlib", "PosixPath", P.string("/"), P.string("data")),
          "best": P.call(
            "numpy.core.multiarray", "scalar",
            P.call("numpy", "dtype", P.string("f8"), [0x89], [0x88]) + P.tuple(P.int(3))
              + P.code("b"),
            P.call("_codecs", "encode", P.string("\u{0}\u{1}"), P.string("latin1"))),
        ])),
    ])
  }()

  /// All functions that make tensors, over storages 0 and 1.
  static let waysToSayTensor: [UInt8] = {
    typealias P = PickleCode
    let untyped = { (module: String) in P.storage(module, "UntypedStorage", count: 16) }
    let tensor: (String, [UInt8]) -> [UInt8] = { type, storage in
      P.call(
        "torch._utils", "_rebuild_tensor_v3", storage, P.int(1), P.tuple(P.int(3)),
        P.tuple(P.int(1)), [0x89], P.noHooks, P.global("torch", type))
    }
    let old = P.call(
      "torch._utils", "_rebuild_tensor", P.storage(key: "1"), P.int(0), P.tuple(P.int(4)),
      P.tuple(P.int(1)))
    let withAttributes = P.call(
      "torch._tensor", "_rebuild_from_type_v2", P.global("torch._utils", "_rebuild_tensor_v2"),
      P.global("torch.nn.parameter", "Parameter"),
      P.tuple(
        P.storage(key: "1"), P.int(2), P.tuple(P.int(2)), P.tuple(P.int(1)), [0x89], P.noHooks),
      P.dictionary(["note": P.int(1)]))
    let withState = P.call(
      "torch._utils", "_rebuild_parameter_with_state", old, [0x88], P.noHooks, P.code("}"))
    return P.dictionary([
      "u32": tensor("uint32", untyped("torch.storage")),
      "f8": tensor("float8_e4m3fn", untyped("torch")),
      "u16": tensor("uint16", untyped("torch")),
      "old": old, "attributes": withAttributes, "state": withState,
    ])
  }()

  struct NotTorch: Error {}
}
