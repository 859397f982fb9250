/// What the pickle machine works on. Containers are indices into a ``PickleHeap``, so that
/// shared ones stay shared, nesting is no recursion, and freeing is freeing an array.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  /// An integer of more than 64 bits: little-endian, two's complement.
  case longInteger(PickleText)
  /// Valid UTF-8.
  case string(PickleText)
  case bytes(PickleText)
  /// Index of ``PickleHeap/globals``.
  case global(UInt32)
  /// Index of ``PickleHeap/nodes``.
  case node(UInt32)

  var isNone: Bool { if case .none = self { true } else { false } }
}

/// A stretch of the pickle's bytes.
struct PickleText {
  private let start: UInt32
  private let count: UInt32

  /// - Parameter range: inside a stream, which is shorter than 2^32.
  init(_ range: Range<Int>) {
    start = UInt32(truncatingIfNeeded: range.lowerBound)
    count = UInt32(truncatingIfNeeded: range.count)
  }

  var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// A container or object.
struct PickleNode {
  enum Kind {
    /// Whether all elements can be keys of a dictionary.
    case tuple(isHashable: Bool)
    case list
    case set
    /// Keys and values by turns, in the order of insertion. An `OrderedDict` can have attributes,
    /// which are not kept.
    case dictionary(isOrderedDict: Bool)
    /// An object of a class that is not built, only its state kept, as the one item; by its
    /// class in ``PickleHeap/globals``.
    case record(class: UInt32)
    /// Index of ``PickleHeap/storages``.
    case storage(Int)
    /// Index of ``PickleHeap/views``.
    case tensor(Int)
  }

  let kind: Kind
  var items: [PickleValue]
}

/// All that a pickle made.
struct PickleHeap {
  struct Global {
    let kind: PickleGlobal
    /// Module and name, as in `torch.Size`.
    let name: String
  }

  var nodes: [PickleNode] = []
  var globals: [Global] = []
  var storages: [TorchStorage] = []
  var views: [TorchView] = []
  /// What each storage key was first said to hold.
  var records: [String: TorchRecord] = [:]

  func node(_ value: PickleValue) -> PickleNode? {
    if case .node(let index) = value { nodes[Int(index)] } else { nil }
  }

  func global(_ value: PickleValue) -> Global? {
    if case .global(let index) = value { globals[Int(index)] } else { nil }
  }

  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard let node = node(value), case .tuple = node.kind else { return nil }
    return node.items
  }

  func descriptions(_ values: [PickleValue]) -> String {
    let shown = values.prefix(8).map(description).joined(separator: ", ")
    return values.isEmpty ? "nothing" : shown + (values.count > 8 ? ", …" : "")
  }

  /// What a message calls it.
  func description(_ value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool: "a boolean"
    case .int(let number): "the integer \(number)"
    case .float: "a float"
    case .longInteger: "a long integer"
    case .string: "a string"
    case .bytes: "bytes"
    case .global(let index): globals[Int(index)].name
    case .node(let index):
      switch nodes[Int(index)].kind {
      case .tuple: "a tuple"
      case .list: "a list"
      case .set: "a set"
      case .dictionary: "a dictionary"
      case .record(let index): "an object of \(globals[Int(index)].name)"
      case .storage: "a storage"
      case .tensor: "a tensor"
      }
    }
  }
}

/// A pickle read to its end.
struct Pickle {
  let bytes: [UInt8]
  let heap: PickleHeap
  let root: PickleValue

  func string(_ text: PickleText) -> String { String(decoding: bytes[text.range], as: UTF8.self) }
}
