import Checkpoints

/// Tensors that lie together in a file, under their names in the model: what
/// `load_state_dict` would be given, freed of what other programs wrap around it.
public struct TensorGroup: Sendable {
  /// A tensor in the file and the shape that it has in the model.
  public struct Member: Sendable {
    public let stored: StoredTensor
    /// Without the axes of length 1 that old attention layers have at the end.
    public var shape: [Int]
  }

  /// The containers around it, ending in a slash; empty at the top of the file.
  public let container: String
  /// By their names in the model.
  public internal(set) var members: [String: Member]
  /// What was stripped or renamed, a phrase each.
  public internal(set) var notes: [String] = []
  /// What these tensors are.
  var model: RecognisedModel = .unknown

  /// Splits the names of a file at their last slash and looks at each part by itself.
  static func groups(of file: any TensorFile) -> [TensorGroup] {
    var parts: [String: [String: Member]] = [:]
    for name in file.names {
      guard let stored = file.tensor(named: name) else { continue }
      let split = name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex
      parts[String(name[..<split]), default: [:]][String(name[split...])] =
        Member(stored: stored, shape: stored.shape)
    }
    return parts.sorted { $0.key < $1.key }.map { container, members in
      var group = TensorGroup(container: container, members: members)
      group.recognise()
      return group
    }
  }

  private init(container: String, members: [String: Member]) {
    self.container = container
    self.members = members
  }

  /// Whether it is a part of an optimiser's state: moments have the names of weights.
  public var isOptimiserState: Bool {
    let words: Set = [
      "opt", "optim", "optimizer", "optimizers", "optimizer_state_dict", "first_moment",
      "second_moment",
    ]
    return container.split(separator: "/").contains { words.contains(String($0)) }
  }

  /// Whether its name says that these are averages.
  public var isNamedAverage: Bool {
    let last = container.split(separator: "/").last ?? ""
    return last.split { $0 == "_" || $0 == "." || $0 == "-" }.contains { $0.lowercased() == "ema" }
  }

  /// What the model most probably is; nil where none is known.
  public var kind: ModelKind? { model.kind }

  /// Whether it is a model that is known and that no command takes.
  public var isForeign: Bool {
    if case .foreign = model { true } else { false }
  }

  /// What it is and how large, as far as shapes show it.
  public var content: String {
    switch model {
    case .network(let facts): return "\(kind?.rawValue ?? ""): \(facts.summary)"
    case .autoencoder(let facts): return "autoencoder: \(facts.summary)"
    case .inception(let facts): return "Inception-v3 of \(facts.classes) classes"
    case .features: return "feature network"
    case .foreign(let foreign): return foreign.explanation
    case .unknown: return isOptimiserState ? "an optimiser's state" : "other tensors"
    }
  }

  /// The container without its slash, as messages name it.
  var name: String { container.isEmpty ? "the top of the file" : "'\(container.dropLast())'" }

  /// Bytes of the tensors as they are stored; `Int.max` where they are more.
  public var byteCount: Int { sum(\.byteCount) }
  /// Number of values, likewise.
  public var valueCount: Int { sum(\.count) }

  private func sum(_ value: (StoredTensor) -> Int) -> Int {
    members.values.reduce(0) { sum, member in
      let (total, overflow) = sum.addingReportingOverflow(value(member.stored))
      return overflow ? .max : total
    }
  }

  // MARK: What wrappers leave

  /// DataParallel's and torch.compile's names for the model inside.
  private static let wrappers = ["module.", "_orig_mod."]

  private mutating func recognise() {
    guard !isOptimiserState else { return }
    // More than a few would be a file made to keep this busy.
    for _ in 0..<4 {
      guard let wrapper = Self.wrappers.first(where: isPrefixOfAll) else { break }
      strip(wrapper)
      notes.append("'\(wrapper)' stripped from every name")
    }
    AutoencoderNames.modernise(&self)
    model = RecognisedModel(members.mapValues(\.shape))
    guard case .unknown = model, let wrapper = commonComponent else { return }
    let inner = members.mapValues(\.shape).map { ($0.key.dropFirst(wrapper.count), $0.value) }
    let wrapped = RecognisedModel(
      Dictionary(inner.map { (String($0), $1) }, uniquingKeysWith: { first, _ in first }))
    if wrapped.isLoadable { model = .foreign(.wrapped(prefix: wrapper)) }
  }

  private func isPrefixOfAll(_ prefix: String) -> Bool {
    !members.isEmpty && members.keys.allSatisfy { $0.hasPrefix(prefix) && $0 != prefix }
  }

  private mutating func strip(_ prefix: String) {
    members = Dictionary(
      members.map { (String($0.key.dropFirst(prefix.count)), $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The first component of all names, with its dot, where they share it.
  private var commonComponent: String? {
    guard let first = members.keys.first, let dot = first.firstIndex(of: ".") else { return nil }
    let prefix = String(first[...dot])
    return isPrefixOfAll(prefix) ? prefix : nil
  }
}
