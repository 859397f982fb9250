/// Opcodes that call a class or function where a pickle is trusted. Here each allowed name has
/// one meaning, written down below, and everything else is refused.
extension PickleMachine {
  /// `callee(*arguments)`.
  mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
    guard case .global(let index) = callee else {
      throw error("a class or function to call", heap.description(callee))
    }
    guard let items = heap.tuple(arguments) else {
      throw error("a tuple of arguments", heap.description(arguments))
    }
    let global = heap.globals[Int(index)]
    switch global.kind {
    case .orderedDict: return try orderedDict(items)
    case .counter:
      guard items.count <= 1 else { throw wrongArguments(global, items) }
      guard let counts = items.first else {
        return try make(.dictionary(isOrderedDict: false), [])
      }
      guard case .dictionary? = heap.node(counts)?.kind else {
        throw wrongArguments(global, items)
      }
      return counts
    case .size:
      guard items.count == 1, let size = items.first, heap.tuple(size) != nil else {
        throw wrongArguments(global, items)
      }
      return size
    case .set:
      guard items.count <= 1 else { throw wrongArguments(global, items) }
      guard let elements = items.first else { return try make(.set, []) }
      guard let node = heap.node(elements), case .list = node.kind else {
        throw wrongArguments(global, items)
      }
      return try make(.set, node.items)
    case .rebuildTensor, .rebuildTensorV2, .rebuildTensorV3, .rebuildParameter:
      return try rebuild(global, items)
    case .rebuildFromType:
      // The function, the tensor's class, the function's arguments, attributes.
      guard items.count == 4, let inner = heap.global(items[0]),
        let innerItems = heap.tuple(items[2])
      else { throw wrongArguments(global, items) }
      return try rebuild(inner, innerItems)
    case .scriptHelper:
      guard let first = items.first else { throw wrongArguments(global, items) }
      return first
    case .scriptClass, .opaque: return try make(.record(class: index), [])
    case .storage, .elementType:
      throw error("a class or function to call", global.name)
    }
  }

  /// `class.__new__(class, *arguments)`.
  mutating func object(of callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
    guard case .global(let index) = callee, heap.tuple(arguments) != nil else {
      throw error("a class and a tuple of arguments", heap.description(callee))
    }
    switch heap.globals[Int(index)].kind {
    case .scriptClass, .opaque: return try make(.record(class: index), [])
    case .orderedDict: return try call(callee, arguments)
    default: throw error("a class whose objects have a state", heap.globals[Int(index)].name)
    }
  }

  /// Records keep their state; attributes of an `OrderedDict`, such as a state dictionary's
  /// `_metadata`, are dropped.
  mutating func setState(of target: PickleValue, to state: PickleValue) throws {
    guard case .node(let index) = target else {
      throw error("an object that has a state", heap.description(target))
    }
    switch heap.nodes[Int(index)].kind {
    case .dictionary(isOrderedDict: true): return
    case .record where heap.nodes[Int(index)].items.isEmpty:
      try count(1)
      heap.nodes[Int(index)].items = [state]
    case .record: throw error("a state once", "another for \(heap.description(target))")
    case .tuple, .list, .set, .dictionary, .storage, .tensor:
      throw error("an object that has a state", heap.description(target))
    }
  }

  func wrongArguments(_ callee: PickleHeap.Global, _ arguments: [PickleValue]) -> PickleError {
    error(
      "arguments as PyTorch writes them for \(callee.name)", heap.descriptions(arguments))
  }

  /// Nothing, or a list of pairs.
  private mutating func orderedDict(_ arguments: [PickleValue]) throws -> PickleValue {
    guard arguments.count <= 1 else {
      throw error("at most one argument for OrderedDict", "\(arguments.count)")
    }
    var pairs: [PickleValue] = []
    if let list = arguments.first {
      guard let elements = heap.node(list), case .list = elements.kind else {
        throw error("a list of pairs for OrderedDict", heap.description(list))
      }
      for element in elements.items {
        guard let pair = heap.node(element), pair.items.count == 2, pair.isSequence else {
          throw error("a list of pairs for OrderedDict", heap.description(element))
        }
        pairs += pair.items
      }
    }
    try checkKeys(pairs)
    return try make(.dictionary(isOrderedDict: true), pairs)
  }
}

extension PickleNode {
  /// Whether it is a tuple or a list.
  var isSequence: Bool {
    switch kind {
    case .tuple, .list: true
    case .set, .dictionary, .record, .storage, .tensor: false
    }
  }
}
