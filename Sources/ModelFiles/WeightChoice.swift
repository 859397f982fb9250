import Configuration

/// Which of the sets of weights in a file to take.
public enum WeightChoice: String, Sendable, CaseIterable, ConfigurationValue {
  /// The moving average.
  case ema
  /// What the optimiser updates.
  case raw
}

/// Where a model's weights came from: what is shown when they are loaded and recorded in
/// what is made with them.
public struct WeightOrigin: Sendable, Equatable {
  /// As it was given: a file or a folder.
  public let path: String
  /// The file of the weights.
  public let file: String
  /// SHA-256 of ``file``.
  public let sha256: String
  /// What the model is, in a few words.
  public let model: String
  /// The set that was taken; nil where the file has only one and does not say which.
  public let taken: WeightChoice?
  /// Whether the file has other sets too.
  public let isOneOfSeveral: Bool
  /// What was stripped, computed or assumed, a phrase each.
  public let notes: [String]
  /// What the file says of itself beside its tensors.
  public let metadata: [String: String]

  /// What says which weights these are: the hash, and the set where the file has several.
  public var identity: String {
    guard isOneOfSeveral, let taken else { return sha256 }
    return "\(sha256)/\(taken.rawValue)"
  }

  /// `ema`, `raw`, or `only` where the file does not say.
  public var takenName: String { taken?.rawValue ?? "only" }

  /// One line for the user.
  public var summary: String {
    let set =
      switch taken {
      case nil: "the only weights in the file"
      case .ema?: "ema weights" + (isOneOfSeveral ? " (the file has raw ones too)" : "")
      case .raw?: "raw weights" + (isOneOfSeveral ? " (the file has ema ones too)" : "")
      }
    return (["\(file): \(model), \(set)"] + notes).joined(separator: "; ")
  }
}
