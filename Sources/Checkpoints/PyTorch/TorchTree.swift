import Diagnostics

/// The tensors and other leaves of a pickled object, by their paths.
struct TorchTree {
  private(set) var tensors: [(name: String, view: TorchView)] = []
  private(set) var values: [TorchValue] = []

  /// More than any checkpoint has. An object that is in two places counts twice, so that
  /// references to references to references end here.
  static let mostObjects = 500_000
  /// Where objects inside themselves end, too.
  static let mostDepth = 64
  /// Bytes of all names and strings.
  private static let mostText = 16 << 20

  private let pickle: Pickle
  private let separator: String
  private let subject: String
  private var objects = 0
  private var text = 0

  /// - Parameters:
  ///   - separator: stands between the keys of a path.
  ///   - subject: the file, for messages.
  /// - Throws: `InputError` for objects inside themselves, too deep or too many, and for keys that
  ///   are there twice.
  init(_ pickle: Pickle, separator: String, subject: String) throws {
    self.pickle = pickle
    self.separator = separator
    self.subject = subject
    try visit(pickle.root, path: nil, depth: 0)
  }

  /// What the object itself is.
  var rootDescription: String { pickle.heap.description(pickle.root) }

  /// - Parameter path: nil for the object itself.
  private mutating func visit(_ value: PickleValue, path: String?, depth: Int) throws {
    objects += 1
    try countText(path?.utf8.count ?? 0)
    guard objects <= TorchTree.mostObjects else {
      throw InputError(
        subject, expected: "at most \(TorchTree.mostObjects) objects",
        found: "more; references to the same one count each time")
    }
    guard depth <= TorchTree.mostDepth else {
      throw InputError(
        subject, expected: "objects nested at most \(TorchTree.mostDepth) deep",
        found: "deeper ones, or one inside itself, at '\(printable(path ?? ""))'")
    }
    guard let node = pickle.heap.node(value) else { return try visitScalar(value, path) }
    switch node.kind {
    case .tensor(let index): tensors.append((path ?? "", pickle.heap.views[index]))
    case .tuple where node.items.isEmpty: add(.emptyTuple, path)
    case .list where node.items.isEmpty: add(.emptyList, path)
    case .set where node.items.isEmpty: add(.emptySet, path)
    case .dictionary where node.items.isEmpty: add(.emptyDictionary, path)
    case .tuple, .list, .set:
      for (index, item) in node.items.enumerated() {
        try visit(item, path: join(path, String(index)), depth: depth + 1)
      }
    case .dictionary: try visitDictionary(node.items, path, depth)
    case .record(let index):
      let global = pickle.heap.globals[Int(index)]
      guard let state = node.items.first, hasPaths(state, of: global) else {
        return add(.object(global.name), path)
      }
      try visit(state, path: path, depth: depth + 1)
    case .storage: add(.object("storage"), path)
    }
  }

  /// Keys and values by turns.
  private mutating func visitDictionary(_ items: [PickleValue], _ path: String?, _ depth: Int)
    throws
  {
    var seen: Set<String> = []
    for i in stride(from: 0, to: items.count - 1, by: 2) {
      let name = join(path, key(items[i]))
      guard seen.insert(name).inserted else {
        throw InputError(
          subject, expected: "different keys in a dictionary",
          found: "'\(printable(name))' twice")
      }
      try visit(items[i + 1], path: name, depth: depth + 1)
    }
  }

  /// A dictionary of attributes, or whatever a scripted module says its state is.
  private func hasPaths(_ state: PickleValue, of global: PickleHeap.Global) -> Bool {
    if global.kind == .scriptClass { return true }
    if case .dictionary? = pickle.heap.node(state)?.kind { return true }
    return false
  }

  private mutating func visitScalar(_ value: PickleValue, _ path: String?) throws {
    switch value {
    case .none: add(.none, path)
    case .bool(let value): add(.bool(value), path)
    case .int(let value): add(.int(value), path)
    case .longInteger(let digits):
      add(.longInteger(PickleInteger.decimal(pickle.bytes[digits.range])), path)
    case .float(let value): add(.float(value), path)
    case .string(let string):
      try countText(string.range.count)
      add(.string(pickle.string(string)), path)
    case .bytes(let bytes): add(.bytes(bytes.range.count), path)
    case .global, .node: add(.object(pickle.heap.description(value)), path)
    }
  }

  private mutating func add(_ value: TorchValue.Value, _ path: String?) {
    values.append(TorchValue(name: path ?? "", value: value))
  }

  private mutating func countText(_ count: Int) throws {
    text += count
    guard text <= TorchTree.mostText else {
      throw InputError(
        subject, expected: "names and strings of at most \(TorchTree.mostText) bytes",
        found: "more; references to the same ones count each time")
    }
  }

  private func join(_ path: String?, _ key: String) -> String {
    path.map { $0 + separator + key } ?? key
  }

  /// The key as a part of a path.
  private func key(_ value: PickleValue) -> String {
    switch value {
    case .string(let text): pickle.string(text)
    case .int(let number): String(number)
    case .bool(let value): value ? "True" : "False"
    case .float(let value): String(value)
    case .longInteger(let digits): PickleInteger.decimal(pickle.bytes[digits.range])
    case .none, .bytes, .global: pickle.heap.description(value)
    // A tuple; what has such keys holds no weights.
    case .node(let index): "tuple \(index)"
    }
  }
}
