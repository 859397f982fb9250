import Diagnostics
import Testing

@testable import Checkpoints

/// Opcodes and names; what becomes of tensors is in `TorchFileTests`.
@Suite struct PickleReaderTests {
  typealias P = PickleCode

  func read(_ body: [UInt8], protocol version: UInt8 = 2, scope: PickleGlobal.Scope = .stateDict)
    throws -> Pickle
  {
    try PickleReader.only(P.pickle(body, protocol: version), scope)
  }

  /// The leaves of an object, by their paths.
  func values(_ body: [UInt8], protocol version: UInt8 = 2, scope: PickleGlobal.Scope = .stateDict)
    throws -> [String: TorchValue.Value]
  {
    let tree = try TorchTree(
      read(body, protocol: version, scope: scope), separator: "/", subject: "here")
    return Dictionary(tree.values.map { ($0.name, $0.value) }) { first, _ in first }
  }

  func refusal(_ body: [UInt8], scope: PickleGlobal.Scope = .stateDict) -> String? {
    do {
      _ = try read(body, scope: scope)
      return nil
    } catch {
      return (error as? PickleError)?.inputError("here").description
    }
  }

  static let scalars: [([UInt8], TorchValue.Value)] = [
    (P.code("N"), TorchValue.Value.none), ([0x88], .bool(true)), ([0x89], .bool(false)),
    (P.code("K") + [255], .int(255)), (P.code("M") + [0, 255], .int(0xFF00)),
    (P.code("J") + [255, 255, 255, 255], .int(-1)),
    ([0x8A, 0], .int(0)), ([0x8A, 1, 0x80], .int(-128)), ([0x8A, 2, 0x80, 0], .int(128)),
    ([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], .int(.min)),
    ([0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0], .longInteger("9223372036854775808")),
    (
      [0x8A, 9, 255, 255, 255, 255, 255, 255, 255, 255, 254], .longInteger("-18446744073709551617")
    ),
    ([0x8B, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .longInteger("18446744073709551616")),
    (
      [0x8A, 13] + [UInt8](repeating: 0, count: 12) + [1],
      .longInteger("79228162514264337593543950336")
    ),
    (P.float(-2.5), .float(-2.5)), (P.string("grüß"), .string("grüß")),
    ([0x8C, 1, 0x61], .string("a")), ([0x8D, 1, 0, 0, 0, 0, 0, 0, 0, 0x61], .string("a")),
    (P.code("U") + [1, 0x61], .string("a")), (P.code("T") + [1, 0, 0, 0, 0xFF], .bytes(1)),
    (P.code("C") + [2, 0, 1], .bytes(2)), (P.code("B") + [2, 0, 0, 0, 0, 1], .bytes(2)),
    ([0x8E, 1, 0, 0, 0, 0, 0, 0, 0, 7], .bytes(1)), ([0x96, 1, 0, 0, 0, 0, 0, 0, 0, 7], .bytes(1)),
    (P.code(")"), .emptyTuple), (P.code("]"), .emptyList), (P.code("}"), .emptyDictionary),
    ([0x8F], .emptySet), (P.call("collections", "OrderedDict"), .emptyDictionary),
    (P.call("collections", "Counter"), .emptyDictionary), (P.call("builtins", "set"), .emptySet),
    (P.call("torch", "Size", P.tuple()), .emptyTuple),
    (P.call("torch", "device", P.string("cuda"), P.int(0)), .object("torch.device")),
    (P.global("torch", "float32"), .object("torch.float32")),
    (P.object("pathlib", "PosixPath"), .object("pathlib.PosixPath")),
    (
      P.object("argparse", "Namespace", state: P.tuple(P.code("N"), P.code("}"))),
      .object("argparse.Namespace")
    ),
    (P.object("pathlib._local", "PosixPath"), .object("pathlib._local.PosixPath")),
    (P.call("__builtin__", "bytes"), .object("__builtin__.bytes")),
    (P.call("__builtin__", "frozenset", P.list()), .emptySet),
    (P.storage(), .object("storage")),
  ]

  @Test(arguments: scalars)
  func readsScalar(_ body: [UInt8], _ value: TorchValue.Value) throws {
    #expect(try values(body) == ["": value])
  }

  @Test func readsContainers() throws {
    let body = P.dictionary([
      "list": P.list(P.int(1), P.tuple(P.int(2), P.int(3))),
      "set": [0x8F] + P.code("(") + P.int(4) + [0x90],
      "frozen": P.code("(") + P.int(5) + [0x91],
      "built": P.call("builtins", "set", P.list(P.int(6))),
      "size": P.call("torch", "Size", P.tuple(P.int(7))),
      "pairs": P.call(
        "collections", "OrderedDict", P.list(P.list(P.string("a"), P.int(8)))),
      "counter": P.call("collections", "Counter", P.dictionary(["b": P.int(9)])),
      "args": P.object("argparse", "Namespace", state: P.dictionary(["lr": P.float(0.5)])),
      "one": P.int(10) + [0x85], "two": P.int(11) + P.int(12) + [0x86],
      "three": P.int(13) + P.int(14) + P.int(15) + [0x87],
      "keys": P.code("}(") + P.int(-1) + P.int(16) + [0x88] + P.int(17) + P.float(0.5) + P.int(18)
        + P.tuple(P.int(1)) + P.int(19) + P.code("u"),
    ])
    let found = try values(body)
    #expect(found["list/0"] == .int(1) && found["list/1/1"] == .int(3))
    #expect(
      found["set/0"] == .int(4) && found["frozen/0"] == .int(5) && found["built/0"] == .int(6))
    #expect(found["size/0"] == .int(7) && found["pairs/a"] == .int(8))
    #expect(found["counter/b"] == .int(9) && found["args/lr"] == .float(0.5))
    #expect(found["one/0"] == .int(10) && found["two/1"] == .int(12))
    #expect(found["three/2"] == .int(15) && found["keys/-1"] == .int(16))
    #expect(found["keys/True"] == .int(17) && found["keys/0.5"] == .int(18))
    #expect(found.values.contains(.int(19)) && found.count == 20)
  }

  @Test func usesStackAndMemo() throws {
    // A value stored and got by each of the opcodes; others pushed and dropped.
    let body =
      P.code("(") + P.int(7) + P.code("q") + [3] + P.code("r") + [0, 0, 0, 0x80] + [0x94]
      + P.code("h") + [3] + P.code("j") + [0, 0, 0, 0x80] + P.code("h") + [2] + P.code("2")
      + P.code("K") + [1] + P.code("0(K") + [2] + P.code("1(0t")
    let found = try values(body)
    #expect(found == ["0": .int(7), "1": .int(7), "2": .int(7), "3": .int(7), "4": .int(7)])
  }

  @Test func namesOfScriptedModulesAreForTheirArchives() throws {
    let body = P.object(
      "__torch__.net", "Net",
      state: P.dictionary([
        "ints": P.call("torch.jit._pickle", "build_intlist", P.list(P.int(5))),
        "tag": P.call("torch.jit._pickle", "restore_type_tag", P.int(6), P.string("int")),
        "state": P.object("__torch__.net", "Packed", state: P.tuple(P.int(7))),
      ]))
    let found = try values(body, scope: .script)
    #expect(found == ["ints/0": .int(5), "tag": .int(6), "state/0": .int(7)])
    #expect(refusal(body)?.contains("byte 2: ") == true)
    #expect(refusal(body)?.contains("found __torch__.net.Net;") == true)
  }

  @Test func namesByStackOfProtocol4() throws {
    let code = [0x8C, 11] + P.code("collections") + [0x8C, 11] + P.code("OrderedDict") + [0x93]
    let frame = [0x95] + P.littleEndian(UInt64(code.count))
    #expect(try values(frame + code + P.code(")R"), protocol: 4) == ["": .emptyDictionary])
  }

  static let wrongNames: [([UInt8], Int, String)] = [
    (P.call("posix", "system", P.string("x")), 2, "posix.system"),
    (P.int(1) + P.call("os", "system", P.string("x")), 7, "os.system"),
    (P.call("builtins", "eval", P.string("x")), 2, "builtins.eval"),
    (P.call("builtins", "getattr", P.string("x")), 2, "builtins.getattr"),
    (P.object("subprocess", "Popen"), 2, "subprocess.Popen"),
    (P.object("torch.nn.modules.linear", "Linear"), 2, "torch.nn.modules.linear.Linear"),
    (P.global("torch", "load"), 2, "torch.load"),
    (P.global("torch", "EvilStorage"), 2, "torch.EvilStorage"),
    (P.global("torch.storage", "FloatStorage"), 2, "torch.storage.FloatStorage"),
    (P.global("torch._utils", "_rebuild_qtensor"), 2, "torch._utils._rebuild_qtensor"),
    (P.global("torch._utils", "os.system"), 2, "torch._utils.os.system"),
    (P.global("collections", "OrderedDict.__init__"), 2, "collections.OrderedDict.__init__"),
    (P.global("argparse", "ArgumentParser"), 2, "argparse.ArgumentParser"),
    (P.global("numpy", "load"), 2, "numpy.load"),
    (P.global("os\u{1B}[2J", "a\tb"), 2, "os?[2J.a?b"),
    (P.global(String(repeating: "a", count: 300), "b"), 2, "aaaaaaa"),
    (P.string("posix") + P.string("system") + [0x93], 23, "posix.system"),
    (P.int(1) + P.string("system") + [0x93], 18, "the integer 1 and a string"),
    (P.code("(iposix\nsystem\n"), 3, "INST of posix.system"),
    (P.code("(") + P.global("torch", "Size") + P.code("o"), 15, "OBJ"),
    (P.global("torch", "Size") + P.code(")}") + [0x92], 16, "NEWOBJ_EX"),
    ([0x82, 1], 2, "EXT1"), ([0x83, 1, 0], 2, "EXT2"), ([0x84, 1, 0, 0, 0], 2, "EXT4"),
    ([0x97], 2, "NEXT_BUFFER"), (P.code("P0\n"), 2, "PERSID of protocol 0"),
    (P.code("I1\n"), 2, "INT of protocol 0"), ([0xFF], 2, "the byte 0xff"),
    ([0x00], 2, "the byte 0x00"),
    (P.int(1) + P.code(")R"), 8, "the integer 1"),
    (P.global("torch", "FloatStorage") + P.code(")R"), 23, "torch.FloatStorage"),
    (P.global("torch", "Size") + P.int(1) + P.code("R"), 19, "the integer 1"),
    (P.global("torch", "Size") + P.code(")") + [0x81], 15, "torch.Size"),
    (P.code("}}b"), 4, "a dictionary"), (P.int(1) + P.code("}b"), 8, "the integer 1"),
    (P.code("]}b"), 4, "a list"),
    (P.object("argparse", "Namespace", state: P.code("}")) + P.code("}b"), 27, "another"),
  ]

  /// Each refused by its name, at the opcode that brings it in.
  @Test(arguments: wrongNames)
  func refusesName(_ body: [UInt8], _ offset: Int, _ found: String) throws {
    let message = try #require(refusal(body))
    #expect(message.contains("here: byte \(offset): "), "\(message)")
    #expect(
      message.contains("found \(found)") || message.contains("the opcode \(found)"), "\(message)")
  }

  static let damage: [[UInt8]] = [
    P.code("0"), P.code("2"), P.code("1"), P.code("t"), P.code("(s"), P.code("}s"), P.code("](a"),
    P.code("(}("), P.code("}K") + [1] + P.code("(s"), P.code("]("), P.code("NN"), P.code(""),
    P.code("q") + [0], [0x94], P.code("h") + [0], P.code("j") + [1, 0, 0, 0], [0x85], [0x86],
    P.code("N") + [0x86], P.code("N") + [0x87], P.code("N(Ne"), P.code("}(Ne"), P.code("N(NNu"),
    P.code("](NNu"), P.code("}(Nu"), P.code("}]Ns"), P.code("}}Ns"),
    P.code("}") + [0x8F] + P.code("Ns"),
    P.code("}") + P.tuple(P.code("]")) + P.code("Ns"), P.code("](N") + [0x90],
    P.code("X") + [1, 0, 0, 0, 0xFF], [0x8C, 1, 0xC0], [0x80, 1], [0x80, 6],
    P.code("X") + [255, 255, 255, 255], [0x8D, 255, 255, 255, 255, 255, 255, 255, 255],
    [0x8D, 255, 255, 255, 255, 255, 255, 255, 127], [0x8E, 0, 0, 0, 0, 0, 0, 0, 128],
    [0x95, 255, 255, 255, 255, 255, 255, 255, 255], [0x95, 3, 0, 0, 0, 0, 0, 0, 0, 0x4E],
    [0x8A, 65] + [UInt8](repeating: 1, count: 65), [0x8B, 255, 255, 255, 255],
    [0x8B, 0, 0, 0, 128],
    P.code("T") + [255, 255, 255, 255], P.code("G") + [0], P.code("ctorch\nSize"),
    P.call("torch", "Size"), P.call("torch", "Size", P.int(1)),
    P.call("collections", "OrderedDict", P.int(1)),
    P.call("collections", "OrderedDict", P.list(P.int(1))),
    P.call("collections", "OrderedDict", P.list(P.list(P.code("]"), P.int(1)))),
    P.call("collections", "OrderedDict", P.list(P.code("}"))),
    P.call("collections", "OrderedDict", P.list(), P.list()),
    P.call("collections", "Counter", P.list()), P.call("builtins", "set", P.int(1)),
    P.code("NQ"), P.code(")Q"), P.tuple(P.string("module"), P.int(1)) + P.code("Q"),
    P.tuple(
      P.string("storage"), P.global("torch", "Size"), P.string("0"), P.string("cpu"), P.int(4))
      + P.code("Q"),
  ]

  @Test(arguments: damage)
  func refusesDamage(_ body: [UInt8]) throws {
    #expect(refusal(body) != nil)
  }

  @Test func refusesWhatIsNoPickle() {
    #expect(throws: PickleError.self) { try PickleReader.only([], .nothing) }
    #expect(throws: PickleError.self) { try PickleReader.only([0x80], .nothing) }
    #expect(throws: PickleError.self) { try PickleReader.only(P.code("N."), .nothing) }
    #expect(throws: PickleError.self) {
      try PickleReader.only(P.pickle(P.code("N")) + [0], .nothing)
    }
    #expect(throws: PickleError.self) {
      try PickleReader.only(P.pickle(P.call("collections", "OrderedDict")), .nothing)
    }
  }
}
