import Checkpoints
import Diagnostics
import Models
import TensorGraph

extension ModelSelection {
  /// The tensors under today's names, to be written to another file. They are read while
  /// they are written, so that memory holds a piece of one.
  ///
  /// - Parameters:
  ///   - container: put before every name, ending in a slash.
  ///   - storage: what floats are stored as; nil as they are.
  public func records(
    of file: ModelFile, in container: String = "", as storage: FloatStorage? = nil
  ) throws -> [TensorRecord] {
    try shape.parameters().compactMap { parameter in
      let name = container + parameter.path
      guard let member = group.members[parameter.path] else {
        // What follows from the sizes is written too, so that the file is whole.
        guard !parameter.isOptional else { return nil }
        let values = parameter.initialised(seed: 0).array()
        return TensorRecord(
          name, shape: parameter.shape.dimensions, floats: values, as: storage ?? .float32)
      }
      return try TensorRecord(
        name, copying: member.stored.name, of: file.file, shape: parameter.shape.dimensions,
        as: storage)
    }
  }
}

extension ModelFile {
  /// What the model in the file most probably is; nil where none is known.
  public var likelyKind: ModelKind? {
    if let kind = statedKind, groups.contains(where: { $0.model.isOfFamily(kind) }) { return kind }
    return groups.first { $0.model.kind != nil }?.model.kind
  }

  /// The tensors of one set of weights under the names that they have in the file.
  public func recordsAsNamed(
    _ kind: ModelKind, _ choice: WeightChoice, as storage: FloatStorage? = nil
  ) throws -> [TensorRecord] {
    try choose(kind, choice).group.members.values.map {
      try TensorRecord($0.stored.name, copying: $0.stored.name, of: file, as: storage)
    }
  }

  /// The model of `kind`, whichever that is.
  /// - Throws: `InputError` as ``network(_:_:stated:)`` and its like.
  public func selection(
    _ kind: ModelKind, _ choice: WeightChoice? = nil, network: StatedNetwork? = nil,
    autoencoder: StatedAutoencoder? = nil
  ) throws -> ModelSelection {
    switch kind {
    case .predictor, .refiner: try self.network(kind, choice, stated: network).selection
    case .autoencoder: try self.autoencoder(choice, stated: autoencoder).selection
    case .inception: try inception(choice)
    case .features: try features(choice).selection
    }
  }
}
