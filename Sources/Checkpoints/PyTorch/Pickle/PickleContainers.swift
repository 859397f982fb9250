/// Opcodes that make scalars and containers.
extension PickleMachine {
  /// An integer of `length` bytes.
  mutating func pushInteger(_ length: Int) throws {
    guard (0...PickleInteger.longest).contains(length) else {
      throw error("an integer of at most \(PickleInteger.longest) bytes", "one of \(length)")
    }
    let range = try stream.take(length)
    let value = PickleInteger.int(stream.bytes[range])
    push(value.map(PickleValue.int) ?? .longInteger(PickleText(range)))
  }

  /// - Parameter orBytes: what is not UTF-8 is passed on as bytes, as Python 2 has no difference.
  mutating func pushString(_ length: Int, orBytes: Bool = false) throws {
    let range = try stream.take(length)
    if String(validating: stream.bytes[range], as: UTF8.self) != nil {
      push(.string(PickleText(range)))
    } else if orBytes {
      push(.bytes(PickleText(range)))
    } else {
      throw error("a string in UTF-8", "other bytes")
    }
  }

  mutating func make(_ kind: PickleNode.Kind, _ items: [PickleValue]) throws -> PickleValue {
    try count(1 + items.count)
    heap.nodes.append(PickleNode(kind: kind, items: items))
    return .node(UInt32(truncatingIfNeeded: heap.nodes.count - 1))
  }

  mutating func pushTuple(_ items: [PickleValue]) throws {
    push(try make(.tuple(isHashable: items.allSatisfy(heap.isHashable)), items))
  }

  mutating func append(_ items: [PickleValue]) throws {
    guard case .node(let index) = try top(), case .list = heap.nodes[Int(index)].kind else {
      throw error("a list to append to", heap.description(try top()))
    }
    try count(items.count)
    heap.nodes[Int(index)].items += items
  }

  mutating func addItems(_ items: [PickleValue]) throws {
    guard case .node(let index) = try top(), case .set = heap.nodes[Int(index)].kind else {
      throw error("a set to add to", heap.description(try top()))
    }
    try count(items.count)
    heap.nodes[Int(index)].items += items
  }

  /// - Parameter pairs: keys and values by turns, for the dictionary on top of the stack.
  mutating func setItems(of pairs: [PickleValue]) throws {
    let target = try top()
    guard case .node(let index) = target, case .dictionary = heap.nodes[Int(index)].kind else {
      throw error("a dictionary to put items into", heap.description(target))
    }
    try checkKeys(pairs)
    try count(pairs.count)
    heap.nodes[Int(index)].items += pairs
  }

  func checkKeys(_ pairs: [PickleValue]) throws {
    guard pairs.count.isMultiple(of: 2) else {
      throw error("keys and values by turns", "\(pairs.count) items")
    }
    for i in stride(from: 0, to: pairs.count, by: 2) where !heap.isHashable(pairs[i]) {
      throw error("a key of a dictionary", heap.description(pairs[i]))
    }
  }
}

extension PickleHeap {
  /// Whether the value can be a key of a dictionary.
  func isHashable(_ value: PickleValue) -> Bool {
    guard case .node(let index) = value else { return true }
    guard case .tuple(let isHashable) = nodes[Int(index)].kind else { return false }
    return isHashable
  }
}
