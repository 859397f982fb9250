/// The machine that pickles are programs for: a stack of values with marks in it, and a memo of
/// values to be used again. ``PickleReader`` runs one for each pickle.
struct PickleMachine {
  var stream: PickleStream
  let scope: PickleGlobal.Scope
  var heap = PickleHeap()
  private var stack: [PickleValue] = []
  /// Heights of the stack; what lies below the last one is out of reach.
  private var marks: [Int] = []
  /// A dictionary, as indices are the pickle's to choose.
  private var memo: [Int: PickleValue] = [:]
  /// Each name is kept once.
  var globalIndices: [String: UInt32] = [:]
  private var parts = 0
  /// Where the opcode in work begins.
  private var offset = 0

  init(_ stream: PickleStream, scope: PickleGlobal.Scope) {
    self.stream = stream
    self.scope = scope
  }

  /// Runs up to the opcode that stops.
  mutating func run() throws -> PickleValue {
    offset = stream.position
    guard try stream.byte() == PickleOpcode.proto.rawValue else {
      throw error("a pickle of protocol 2 to 5", "another beginning")
    }
    try checkProtocol()
    while true {
      offset = stream.position
      let byte = try stream.byte()
      guard let opcode = PickleOpcode(rawValue: byte) else { throw try refusal(of: byte) }
      if opcode == .stop { break }
      try run(opcode)
      guard stack.count <= PickleReader.deepestStack, marks.count <= PickleReader.deepestStack
      else { throw error("at most \(PickleReader.deepestStack) values on the stack", "more") }
    }
    guard stack.count == 1, marks.isEmpty, let root = stack.last else {
      throw error("one object at the pickle's end", "\(stack.count)")
    }
    return root
  }

  private mutating func run(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .proto: try checkProtocol()
    case .frame:
      let length = try stream.length(UInt64.self)
      guard length <= stream.rest else {
        throw error("a frame of at most \(stream.rest) bytes", "one of \(length)")
      }
    case .stop: break
    case .mark: marks.append(stack.count)
    case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .dup: push(try top())
    case .binPut: try remember(Int(stream.byte()))
    case .longBinPut: try remember(stream.length(UInt32.self))
    case .memoize: try remember(memo.count)
    case .binGet: push(try remembered(Int(stream.byte())))
    case .longBinGet: push(try remembered(stream.length(UInt32.self)))

    case .none: push(.none)
    case .newTrue: push(.bool(true))
    case .newFalse: push(.bool(false))
    case .binInt: push(.int(Int(try stream.number(Int32.self))))
    case .binInt1: push(.int(Int(try stream.byte())))
    case .binInt2: push(.int(Int(try stream.number(UInt16.self))))
    case .long1: try pushInteger(Int(stream.byte()))
    case .long4: try pushInteger(Int(stream.number(Int32.self)))
    case .binFloat:
      push(.float(Double(bitPattern: try stream.number(UInt64.self).byteSwapped)))
    case .shortBinUnicode: try pushString(Int(stream.byte()))
    case .binUnicode: try pushString(stream.length(UInt32.self))
    case .binUnicode8: try pushString(stream.length(UInt64.self))
    case .shortBinString: try pushString(Int(stream.byte()), orBytes: true)
    case .binString: try pushString(stream.length(UInt32.self), orBytes: true)
    case .shortBinBytes: push(.bytes(PickleText(try stream.take(Int(stream.byte())))))
    case .binBytes: push(.bytes(PickleText(try stream.take(stream.length(UInt32.self)))))
    case .binBytes8, .byteArray8:
      push(.bytes(PickleText(try stream.take(stream.length(UInt64.self)))))

    case .emptyTuple: try pushTuple([])
    case .tuple: try pushTuple(popToMark())
    case .tuple1: try pushTuple(pop(1))
    case .tuple2: try pushTuple(pop(2))
    case .tuple3: try pushTuple(pop(3))
    case .emptyList: push(try make(.list, []))
    case .append: try append(pop(1))
    case .appends: try append(popToMark())
    case .emptyDict: push(try make(.dictionary(isOrderedDict: false), []))
    case .setItem: try setItems(of: pop(2))
    case .setItems: try setItems(of: popToMark())
    case .emptySet: push(try make(.set, []))
    case .addItems: try addItems(popToMark())
    case .frozenSet: push(try make(.set, popToMark()))

    case .global: push(try global())
    case .stackGlobal: push(try stackGlobal())
    case .reduce:
      let arguments = try pop()
      push(try call(pop(), arguments))
    case .newObj:
      let arguments = try pop()
      push(try object(of: pop(), arguments))
    case .build:
      let state = try pop()
      try setState(of: top(), to: state)
    case .binPersID: push(try storage(pop()))
    }
  }

  func error(_ expected: String, _ found: String, remedy: String? = nil) -> PickleError {
    PickleError(offset: offset, expected: expected, found: found, remedy: remedy)
  }

  private mutating func refusal(of byte: UInt8) throws -> PickleError {
    let expected = "an opcode that files of tensors need"
    guard byte == UInt8(ascii: "i") else {
      return error(expected, PickleOpcode.description(ofRefused: byte))
    }
    let module = String(decoding: stream.bytes[try stream.line()], as: UTF8.self)
    let name = String(decoding: stream.bytes[try stream.line()], as: UTF8.self)
    return error(expected, "the opcode INST of \(printable(module)).\(printable(name))")
  }

  private mutating func checkProtocol() throws {
    let version = try stream.byte()
    guard (2...5).contains(version) else {
      throw error("a pickle of protocol 2 to 5", "protocol \(version)")
    }
  }

  // MARK: Stack and memo

  mutating func push(_ value: PickleValue) { stack.append(value) }

  func top() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw error("a value on the stack", "none")
    }
    return value
  }

  mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else {
      throw error("\(count) values on the stack", "\(stack.count - (marks.last ?? 0))")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw error("a mark on the stack", "none") }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  private mutating func remember(_ index: Int) throws {
    if memo.updateValue(try top(), forKey: index) == nil { try count(1) }
  }

  private func remembered(_ index: Int) throws -> PickleValue {
    guard let value = memo[index] else {
      throw error("a memo index that was stored", "\(index)")
    }
    return value
  }

  /// Accounts for parts that are about to be made.
  mutating func count(_ count: Int) throws {
    guard count <= PickleReader.mostParts - parts else {
      throw error("at most \(PickleReader.mostParts) parts in a pickle", "more")
    }
    parts += count
  }
}
