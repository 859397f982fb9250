/// What PyTorch's pickles say of storages and tensors.
extension PickleMachine {
  /// A persistent id: `("storage", class, key, location, elements)`. The pre-1.6 format adds
  /// `None` or `(key of the view, first element, elements)`.
  mutating func storage(_ id: PickleValue) throws -> PickleValue {
    let expected = "a persistent id as PyTorch writes it for a storage"
    guard let items = heap.tuple(id), let kind = items.first else {
      throw error(expected, heap.description(id))
    }
    guard text(kind) == "storage" else {
      throw error(
        expected, "one of another kind", remedy: "save the model's state_dict() alone")
    }
    guard items.count == 5 || items.count == 6,
      case .storage(let type)? = heap.global(items[1])?.kind, let key = text(items[2]),
      case .int(let count) = items[4]
    else { throw error(expected, heap.descriptions(items)) }
    guard TorchRecord.isKey(key) else {
      throw error("a storage key of letters and digits", "'\(printable(key))'")
    }
    guard let record = TorchRecord(type: type, count: count) else {
      throw error(
        "a storage that fits the memory, not of complex or quantised numbers",
        "\(count) elements of \(heap.description(items[1]))")
    }
    if let known = heap.records.updateValue(record, forKey: key) {
      guard known == record else {
        throw error(
          "storage '\(key)' as it was before, of \(known.byteCount) bytes",
          "\(record.byteCount) bytes of \(heap.description(items[1]))")
      }
    } else {
      try self.count(1)
    }
    var bytes = 0..<record.byteCount
    if items.count == 6, !items[5].isNone {
      guard let view = heap.tuple(items[5]), view.count == 3, case .int(let start) = view[1],
        case .int(let length) = view[2], start >= 0, length >= 0, start <= count,
        length <= count - start
      else { throw error("a part of storage '\(key)'", "another view of it") }
      bytes = start * record.elementSize..<(start + length) * record.elementSize
    }
    heap.storages.append(TorchStorage(key: key, type: type, bytes: bytes))
    return try make(.storage(heap.storages.count - 1), [])
  }

  /// A function of `torch._utils` that makes a tensor or parameter.
  mutating func rebuild(_ function: PickleHeap.Global, _ arguments: [PickleValue]) throws
    -> PickleValue
  {
    switch function.kind {
    case .rebuildTensor where arguments.count == 4:
      return try tensor(function, arguments, type: nil)
    case .rebuildTensorV2 where (6...7).contains(arguments.count):
      return try tensor(function, arguments, type: nil)
    case .rebuildTensorV3 where (7...8).contains(arguments.count):
      guard case .elementType(let type)? = heap.global(arguments[6])?.kind else {
        throw wrongArguments(function, arguments)
      }
      return try tensor(function, arguments, type: type)
    case .rebuildParameter where (3...4).contains(arguments.count):
      guard case .tensor? = heap.node(arguments[0])?.kind else {
        throw wrongArguments(function, arguments)
      }
      return arguments[0]
    default: throw wrongArguments(function, arguments)
    }
  }

  /// - Parameters:
  ///   - arguments: storage, offset, sizes, strides; whether it wants gradients and what hooks it
  ///     has does not matter here.
  ///   - type: nil for the storage's own.
  private mutating func tensor(
    _ function: PickleHeap.Global, _ arguments: [PickleValue], type: TorchElementType?
  ) throws -> PickleValue {
    guard case .storage(let index)? = heap.node(arguments[0])?.kind,
      case .int(let offset) = arguments[1], let shape = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { throw wrongArguments(function, arguments) }
    let storage = heap.storages[index]
    guard let elementType = type ?? storage.elementType else {
      throw error("a tensor with a type", "one over an untyped storage")
    }
    guard let tensorType = elementType.tensorType else {
      throw error(
        "a tensor of floats, integers or booleans", "one of torch.\(elementType.rawValue)")
    }
    do {
      heap.views.append(
        try TorchView(storage, type: tensorType, offset: offset, shape: shape, strides: strides))
    } catch {
      throw self.error(error.expected, "\(error.found) over storage '\(storage.key)'")
    }
    try count(shape.count + strides.count)
    return try make(.tensor(heap.views.count - 1), [])
  }

  private func text(_ value: PickleValue) -> String? {
    guard case .string(let text) = value else { return nil }
    // Long ones are no keys.
    return String(decoding: stream.bytes[text.range.prefix(100)], as: UTF8.self)
  }

  /// Nil unless it is a tuple of integers.
  private func integers(_ value: PickleValue) -> [Int]? {
    guard let items = heap.tuple(value) else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard case .int(let number) = item else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
