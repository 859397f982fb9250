/// Pickles put together opcode by opcode, so that each can be wrong.
enum PickleCode {
  typealias Code = [UInt8]

  /// A whole pickle.
  static func pickle(_ body: Code, protocol version: UInt8 = 2) -> Code {
    [0x80, version] + body + code(".")
  }

  static func code(_ text: String) -> Code { Array(text.utf8) }

  static func string(_ text: String) -> Code {
    code("X") + littleEndian(UInt32(text.utf8.count)) + code(text)
  }

  static func int(_ value: Int) -> Code {
    if let small = Int32(exactly: value) { return code("J") + littleEndian(small) }
    return [0x8A, 8] + littleEndian(value)
  }

  static func float(_ value: Double) -> Code {
    code("G") + littleEndian(value.bitPattern).reversed()
  }

  static func global(_ module: String, _ name: String) -> Code { code("c\(module)\n\(name)\n") }

  static func tuple(_ items: Code...) -> Code { tuple(items) }
  static func tuple(_ items: [Code]) -> Code { code("(") + items.joined() + code("t") }
  static func list(_ items: Code...) -> Code { code("](") + items.joined() + code("e") }

  static func dictionary(_ items: KeyValuePairs<String, Code>) -> Code {
    code("}(") + items.flatMap { string($0.key) + $0.value } + code("u")
  }

  static func call(_ module: String, _ name: String, _ arguments: Code...) -> Code {
    global(module, name) + tuple(arguments) + code("R")
  }

  /// `class.__new__(class)` with `state`.
  static func object(_ module: String, _ name: String, state: Code? = nil) -> Code {
    global(module, name) + code(")") + [0x81] + (state.map { $0 + code("b") } ?? [])
  }

  static func storage(
    key: String = "0", _ module: String = "torch", _ type: String = "FloatStorage", count: Int = 4
  ) -> Code {
    tuple(string("storage"), global(module, type), string(key), string("cpu"), int(count))
      + code("Q")
  }

  static let noHooks = call("collections", "OrderedDict")

  /// A tensor of all 4 elements of storage 0, or another.
  static func tensor(
    _ storage: Code = storage(), offset: Int = 0, shape: [Int] = [4], strides: [Int] = [1]
  ) -> Code {
    call(
      "torch._utils", "_rebuild_tensor_v2", storage, int(offset), tuple(shape.map(int)),
      tuple(strides.map(int)), [0x89], noHooks)
  }

  static func littleEndian(_ value: some FixedWidthInteger) -> Code {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
