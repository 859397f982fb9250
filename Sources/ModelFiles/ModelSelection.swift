import Checkpoints
import Diagnostics
import Models

/// A set of weights in a file and the model that it is to be, before it is read.
public struct ModelSelection: Sendable {
  public let shape: ModelShape
  let group: TensorGroup
  /// The set that was taken; nil where the file does not say.
  public let taken: WeightChoice?
  /// Whether the file has the other set too.
  public let isOneOfSeveral: Bool
  /// What was stripped, computed or assumed, a phrase each.
  public let notes: [String]
}

extension ModelFile {
  /// A set that was chosen from those in the file.
  struct ChosenGroup {
    let group: TensorGroup
    let taken: WeightChoice?
    let isOneOfSeveral: Bool
  }

  /// The set of weights to take for a model of `kind`.
  ///
  /// - Parameter choice: nil takes averages where the file has some.
  /// - Throws: `InputError` where there is no such model, no such set, or several.
  func choose(_ kind: ModelKind, _ choice: WeightChoice?) throws -> ChosenGroup {
    let family = groups.filter { $0.model.isOfFamily(kind) }
    guard !family.isEmpty else { throw misfit(askedFor: kind) }
    let likely = family.filter { $0.model.kind == kind }
    let candidates = likely.isEmpty ? family : likely
    // A file of ours says which set it is.
    let isAverageFile = file.metadata[ModelMetadata.weights] == WeightChoice.ema.rawValue
    let isRawFile = ["model", "raw"].contains(file.metadata[ModelMetadata.weights])
    func isAverage(_ group: TensorGroup) -> Bool {
      group.isNamedAverage || (group.container.isEmpty && isAverageFile)
    }
    let averages = candidates.filter(isAverage)
    let others = candidates.filter { !isAverage($0) }

    let wanted = choice ?? (averages.isEmpty ? .raw : .ema)
    let pool = wanted == .ema ? averages : others
    guard let group = pool.first else {
      throw InputError(
        file.path, expected: "\(wanted.rawValue) weights",
        found: "\(Self.names(candidates)) only"
          + (wanted == .ema ? ", which is not called ema" : ", which is an average"),
        remedy: "leave out the choice of \(wanted.rawValue) to take the only weights in the file")
    }
    guard pool.count == 1 else {
      throw InputError(
        file.path, expected: "one set of weights of \(kind.name)",
        found: "\(pool.count): \(Self.names(pool))",
        remedy: "save the one you mean in a file of its own")
    }
    let isSeveral = !averages.isEmpty && !others.isEmpty
    let isSaid = isSeveral || wanted == .ema || isRawFile
    return ChosenGroup(group: group, taken: isSaid ? wanted : nil, isOneOfSeveral: isSeveral)
  }

  /// - Parameter notes: about the model, beside what is said of its tensors.
  func selection(_ shape: ModelShape, _ chosen: ChosenGroup, _ notes: [String] = [])
    -> ModelSelection
  {
    ModelSelection(
      shape: shape, group: chosen.group, taken: chosen.taken,
      isOneOfSeveral: chosen.isOneOfSeveral, notes: self.notes + chosen.group.notes + notes)
  }

  static func names(_ groups: [TensorGroup]) -> String {
    groups.map(\.name).joined(separator: ", ")
  }
}
