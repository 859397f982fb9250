/// Reads pickles that stand one after another. It can make dictionaries, lists and records of
/// tensors and scalars, and nothing else: no class is looked up, no function called.
///
/// Every limit is on what a pickle makes, so that time and memory are bounded by its length:
/// `PickleStream.longest` bytes, ``mostParts`` parts, ``deepestStack`` values on the stack.
struct PickleReader {
  /// How many containers, elements of containers and memo entries one pickle may make. A tensor
  /// takes about 35.
  static let mostParts = 700_000
  /// How many values may wait on the stack, and how many marks.
  static let deepestStack = 1 << 20

  private(set) var stream: PickleStream

  init(_ stream: PickleStream) { self.stream = stream }

  /// The next pickle.
  /// - Parameter scope: which names it may use.
  /// - Throws: `PickleError` where it is damaged, too large or names anything else; `InputError`
  ///   where the file cannot be read.
  mutating func next(_ scope: PickleGlobal.Scope) throws -> Pickle {
    var machine = PickleMachine(stream, scope: scope)
    let root = try machine.run()
    stream = machine.stream
    return Pickle(bytes: stream.bytes, heap: machine.heap, root: root)
  }

  /// The one pickle that `bytes` hold.
  static func only(_ bytes: [UInt8], _ scope: PickleGlobal.Scope) throws -> Pickle {
    var reader = PickleReader(PickleStream(bytes))
    let pickle = try reader.next(scope)
    guard reader.stream.isAtEnd else {
      throw PickleError(
        offset: reader.stream.position, expected: "the end of the pickle",
        found: "\(reader.stream.rest) bytes after it")
    }
    return pickle
  }
}
