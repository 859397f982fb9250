import Checkpoints
import Diagnostics
import Models
import TensorGraph

extension ModelFile {
  /// Reads the weights, tensor by tensor straight into their place or mapped where they lie:
  /// beside them, memory holds a megabyte.
  public func read(_ selection: ModelSelection) throws -> [String: HostTensor] {
    var weights: [String: HostTensor] = [:]
    for parameter in try selection.shape.parameters() {
      guard let member = selection.group.members[parameter.path] else {
        // The selection has everything but a table that follows from the sizes, and what
        // nothing is computed of.
        if !parameter.isOptional { weights[parameter.path] = parameter.initialised(seed: 0) }
        continue
      }
      weights[parameter.path] = try file.hostTensor(member.stored.name, shape: parameter.shape)
    }
    return weights
  }

  /// Reads the weights of a model of a shape that is known: to start a run from.
  ///
  /// - Throws: `InputError` that lists missing, unexpected and misshapen keys.
  public func read(_ shape: ModelShape, _ choice: WeightChoice? = nil) throws
    -> (weights: [String: HostTensor], origin: WeightOrigin)
  {
    let chosen = try choose(shape.kind, choice)
    try checkFit(chosen.group, shape, askedFor: shape.kind)
    let selection = selection(shape, chosen, try otherObjective(than: shape))
    return (try read(selection), try origin(of: selection))
  }

  /// A run may start from weights that were trained for another objective; that is said.
  private func otherObjective(than shape: ModelShape) throws -> [String] {
    guard case .network(let wanted) = shape, shape.kind == .predictor,
      let own: SiTConfiguration = try describedModel(), own.objective != wanted.objective
    else { return [] }
    return ["its weights were trained for objective \(own.objective)"]
  }

  /// What to show and to record of a selection; hashes the file.
  public func origin(of selection: ModelSelection) throws -> WeightOrigin {
    WeightOrigin(
      path: path, file: file.path, sha256: try sha256(), model: selection.shape.summary,
      taken: selection.taken, isOneOfSeveral: selection.isOneOfSeveral, notes: selection.notes,
      metadata: file.metadata)
  }
}
