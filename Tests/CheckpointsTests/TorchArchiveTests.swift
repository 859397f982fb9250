import Diagnostics
import Testing

@testable import Checkpoints

/// Archives and legacy files as PyTorch would write them, and with one thing wrong each.
@Suite struct TorchArchiveTests {
  typealias P = PickleCode
  typealias Samples = TorchSamples

  func refusal(_ bytes: [UInt8]) -> String {
    do {
      _ = try Samples.open(bytes)
      return ""
    } catch {
      return (error as? InputError)?.description ?? "another error"
    }
  }

  /// A training checkpoint: weights, optimiser state, settings and a schedule.
  @Test func readsTrainingCheckpoint() throws {
    let file = try Samples.open(Samples.archive(Samples.trainingCheckpoint))
    #expect(file.format == .torchZip)
    #expect(file.metadata == ["byteorder": "little", "version": "3"])
    #expect(file.names == ["model/w", "opt/state/0/step"])
    #expect(try file.floats("model/w") == [1, 2, 3, 4])
    #expect(try file.floats("opt/state/0/step") == [1])
    #expect(
      file.values == [
        TorchValue(name: "opt/param_groups/0/lr", value: .float(0.5)),
        TorchValue(name: "opt/param_groups/0/params/0", value: .int(0)),
        TorchValue(name: "args/path", value: .object("pathlib.PosixPath")),
        TorchValue(name: "args/best", value: .object("numpy.core.multiarray.scalar")),
      ])
  }

  @Test func readsNewerAndOlderWaysToSayTensor() throws {
    let file = try Samples.open(
      Samples.archive(
        Samples.waysToSayTensor, storages: ["0": Samples.floats, "1": Samples.floats]))
    #expect(try file.info("u32").type == .uint32)
    #expect(try file.bytes("u32") == Array(Samples.floats[4...]))
    #expect(try file.info("f8").type == .float8E4M3 && file.bytes("f8") == [0, 0x80, 0x3F])
    #expect(try file.bytes("u16") == [0x80, 0x3F, 0, 0, 0, 0x40])
    #expect(try file.floats("old") == [1, 2, 3, 4] && file.floats("state") == [1, 2, 3, 4])
    #expect(try file.floats("attributes") == [3, 4])
  }

  @Test func readsScripts() throws {
    let body = P.object(
      "__torch__.net", "Net",
      state: P.dictionary([
        "training": [0x89], "weight": P.tensor(),
        "layers": P.object(
          "__torch__.nn", "List", state: P.dictionary(["0": P.tensor(offset: 3, shape: [1])])),
        "list": P.call("torch.jit._pickle", "build_tensorlist", P.list(P.tensor(shape: [2]))),
      ]))
    let members = Samples.members(P.pickle(body))
    for extra in ["archive/constants.pkl", "archive/code/__torch__/net.py"] {
      let file = try Samples.open(HandMadeZip(members + [.deflated(extra, [1, 2, 3])]).finished())
      #expect(file.format == .torchScript)
      #expect(file.names == ["layers.0", "list.0", "weight"])
      #expect(try file.floats("layers.0") == [4] && file.floats("list.0") == [1, 2])
      #expect(file.values == [TorchValue(name: "training", value: .bool(false))])
    }
    #expect(refusal(HandMadeZip(members).finished()).contains("__torch__.net.Net"))
  }

  @Test func byteOrderIsThatOfTheRecord() throws {
    let body = P.dictionary(["w": P.tensor()])
    let swapped = stride(from: 0, to: 16, by: 4).flatMap { Samples.floats[$0..<$0 + 4].reversed() }
    for (order, bytes) in [(nil, Samples.floats), ("little", Samples.floats), ("big", swapped)] {
      let file = try Samples.open(
        Samples.archive(body, storages: ["0": bytes], byteOrder: order))
      #expect(try file.floats("w") == [1, 2, 3, 4])
      #expect((file.plainRange(of: "w") == nil) == (order == "big"))
    }
    #expect(refusal(Samples.archive(body, byteOrder: "middle")).contains("found 'middle'"))
  }

  @Test func readsLegacyViewsOfStorages() throws {
    let view = P.tuple(
      P.string("storage"), P.global("torch", "FloatStorage"), P.string("0"), P.string("cpu"),
      P.int(4), P.tuple(P.string("1"), P.int(1), P.int(2)))
    let whole = P.storage().dropLast(2) + P.code("NtQ")
    let file = try Samples.open(
      Samples.legacy(
        P.dictionary([
          "w": P.tensor(view + P.code("Q"), shape: [2]), "v": P.tensor(Array(whole)),
        ])))
    #expect(file.format == .torchLegacy)
    #expect(try file.floats("w") == [2, 3] && file.floats("v") == [1, 2, 3, 4])
    #expect(
      refusal(Samples.legacy(P.dictionary(["w": P.tensor(view + P.code("Q"), shape: [3])])))
        .contains("inside its 2 elements"))
  }

  static let wrongTensors: [([UInt8], String)] = [
    (P.tensor(P.storage("torch", "ComplexFloatStorage")), "torch.ComplexFloatStorage"),
    (P.tensor(P.storage("torch", "QInt8Storage")), "torch.QInt8Storage"),
    (P.tensor(P.storage("torch", "UntypedStorage", count: 16)), "untyped"),
    (
      P.call(
        "torch._utils", "_rebuild_tensor_v3", P.storage("torch", "UntypedStorage", count: 16),
        P.int(0), P.tuple(P.int(1)), P.tuple(P.int(1)), [0x89], P.noHooks,
        P.global("torch", "complex64")), "torch.complex64"
    ),
    (P.tensor(P.storage(count: -1)), "-1 elements"),
    (P.tensor(P.storage(count: .max)), "9223372036854775807 elements"),
    (P.tensor(P.storage(count: 1 << 61)), "2305843009213693952 elements"),
    (P.tensor(P.storage(key: "")), "''"), (P.tensor(P.storage(key: "..")), "'..'"),
    (P.tensor(P.storage(key: "a/b")), "'a/b'"), (P.tensor(P.storage(key: "0\u{0}")), "'0?'"),
    (P.tensor(offset: .max), "offset 9223372036854775807"),
    (P.tensor(offset: 5, shape: [0]), "offset 5"),
    (P.tensor(shape: [2, 2], strides: [.max, .max]), "strides [9223372036854775807"),
    (P.tensor(shape: [.max, 2], strides: [0, 0]), "sizes [9223372036854775807, 2]"),
    (P.tensor(shape: [1 << 25], strides: [0]), "134217728 made of 16"),
    (P.call("torch._utils", "_rebuild_tensor_v2", P.storage()), "found a storage"),
    (P.call("torch._utils", "_rebuild_parameter", P.int(1), [0x88], P.noHooks), "the integer 1"),
    (
      P.call(
        "torch._tensor", "_rebuild_from_type_v2",
        P.global("torch._tensor", "_rebuild_from_type_v2"), P.global("torch", "Tensor"),
        P.tuple(), P.code("}")), "found nothing"
    ),
    (P.object("__torch__.net", "Net"), "__torch__.net.Net"),
  ]

  @Test(arguments: wrongTensors)
  func refusesTensor(_ tensor: [UInt8], _ found: String) {
    let message = refusal(Samples.archive(P.dictionary(["w": tensor])))
    #expect(message.contains("archive/data.pkl: byte ") && message.contains(found), "\(message)")
  }

  @Test func limitsWhatIsRepeated() throws {
    // Up to 64 MiB out of 16 bytes.
    let file = try Samples.open(
      Samples.archive(P.dictionary(["w": P.tensor(shape: [1 << 24], strides: [0])])))
    var count = 0
    try file.forEachChunk(of: "w") {
      #expect($0.count <= 1 << 20)
      count += $0.count
    }
    #expect(count == 64 << 20)
    // 17 of them are beyond 1 GiB.
    let many = P.list(P.tensor(shape: [1 << 24], strides: [0]) + P.code("q") + [0])
    let again = P.code("(") + (0..<16).flatMap { _ in P.code("h") + [0] } + P.code("e")
    #expect(refusal(Samples.archive(many + again)).contains("at most 1073741824 bytes together"))
  }

  static let wrongObjects: [([UInt8], String)] = [
    (P.dictionary(["a/b": P.tensor(), "a": P.dictionary(["b": P.tensor()])]), "two tensors 'a/b'"),
    (P.dictionary(["a": P.tensor(), "a": P.int(1)]), "'a' twice"),
    (P.code("}(") + P.int(1) + P.tensor() + P.string("1") + P.tensor() + P.code("u"), "'1' twice"),
    (P.dictionary([:]), "none in a dictionary"), (P.int(1), "none in the integer 1"),
    (P.dictionary(["a": P.storage()]), "none in a dictionary"),
  ]

  @Test(arguments: wrongObjects)
  func refusesObject(_ body: [UInt8], _ found: String) {
    let message = refusal(Samples.archive(body))
    #expect(message.contains("found \(found)"), "\(message)")
  }

  @Test func refusesStrangeArchives() {
    let pickle = P.pickle(P.dictionary(["w": P.tensor()]))
    let members = Samples.members(pickle)
    let changed: [([HandMadeZip.Member], String)] = [
      (members + [.init("other/version", [])], "found 'other/version'"),
      (members + [.init("loose", [])], "found 'loose'"),
      (members.dropLast() + [.deflated("archive/data/0", Samples.floats)], "a compressed member"),
      (members.dropLast() + [.init("archive/data/0", Samples.floats + [0])], "found 17"),
      (Array(members.dropFirst()), "a zip archive of other things"),
      ([.init("a/b/data.pkl", pickle)], "a zip archive of other things"),
      (Samples.members(pickle, byteOrder: String(repeating: "x", count: 65)), "found 65"),
    ]
    for (members, found) in changed {
      let message = refusal(HandMadeZip(members).finished())
      #expect(message.contains(found), "\(message)")
    }
  }

  @Test func deflatedPicklesAreLimited() {
    let long = [UInt8](repeating: 0x4E, count: (64 << 20) + 1)
    let message = refusal(HandMadeZip([.deflated("archive/data.pkl", long)]).finished())
    #expect(message.contains("at most 67108864 bytes"), "\(message)")
  }

  @Test func refusesStrangeLegacyFiles() {
    let body = P.dictionary(["w": P.tensor()])
    let changed: [([UInt8], String)] = [
      (Samples.legacy(body, keys: P.list()), "expected 1 storages, found 0"),
      (Samples.legacy(body, keys: P.list(P.int(0))), "the integer 0"),
      (Samples.legacy(body, keys: P.int(0)), "the integer 0"),
      (Samples.legacy(body, keys: P.list(P.string("0"), P.string("0"))), "found it twice"),
      (Samples.legacy(body, keys: P.list(P.string("1"))), "one that no tensor uses"),
      (Samples.legacy(body, tail: [4, 0, 0, 0]), "the end of the file"),
      (Samples.legacy(body, tail: little(UInt64(5)) + Samples.floats), "found 5"),
      (Samples.legacy(body, tail: little(UInt64(4)) + Samples.floats + [0]), "1 bytes after it"),
      (P.pickle(P.int(5)), "a bare pickle of the integer 5"),
      (Array(Samples.legacy(body).prefix(15)), "expected 1 more bytes"),
      (Array(Samples.legacy(body).prefix(15)) + P.pickle(P.int(1002)), "the integer 1002"),
    ]
    for (bytes, found) in changed {
      let message = refusal(bytes)
      #expect(message.contains(found), "\(message)")
    }
  }
}
