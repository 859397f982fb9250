import Checkpoints
import Configuration
import Diagnostics
import Models

extension ModelFile {
  /// The autoencoder in the file, with sizes from the tensors' shapes, and groups and
  /// scaling factor from a `config.json` of diffusers, the configuration or by default.
  ///
  /// - Throws: `InputError` where it is another model or disagrees with `stated`.
  public func autoencoder(
    _ choice: WeightChoice? = nil, stated: StatedAutoencoder? = nil
  ) throws -> (configuration: AutoencoderConfiguration, selection: ModelSelection) {
    let chosen = try choose(.autoencoder, choice)
    guard case .autoencoder(let facts) = chosen.group.model else {
      throw misfit(askedFor: .autoencoder)
    }
    let stated = stated ?? StatedAutoencoder()
    var notes: [String] = []
    let configuration: AutoencoderConfiguration
    if let described: AutoencoderConfiguration = try describedModel() {
      configuration = described
    } else if let diffusers = try diffusers {
      configuration = diffusers.autoencoder
      notes.append("described by \(diffusers.path)")
    } else {
      configuration = try autoencoder(facts, stated, &notes)
    }
    do {
      try configuration.validate()
    } catch let error as InvalidField {
      throw InputError("\(file.path): an autoencoder of impossible shape: \(error)")
    }
    let shape = ModelShape.autoencoder(configuration)
    try checkFit(chosen.group, shape, askedFor: .autoencoder)
    let disagreements = stated.disagreements(with: configuration)
    guard disagreements.isEmpty else { throw disagreement(disagreements, "autoencoder") }
    return (configuration, selection(shape, chosen, notes))
  }

  private func autoencoder(
    _ facts: AutoencoderFacts, _ stated: StatedAutoencoder, _ notes: inout [String]
  ) throws -> AutoencoderConfiguration {
    var result = facts.configuration
    var assumed: [String] = []
    if let groups = stated.normGroups {
      result.normGroups = groups
    } else {
      // The configuration's own defaults are Stable Diffusion's.
      guard result.channels.allSatisfy({ $0.isMultiple(of: result.normGroups) }) else {
        throw InputError(
          "\(file.path): the groups of the norms cannot be read from shapes and widths "
            + "\(result.channels) forbid the usual \(result.normGroups): give "
            + "autoencoder.normGroups, or put the config.json of diffusers beside it")
      }
      assumed.append("\(result.normGroups) groups")
    }
    if let factor = stated.scalingFactor {
      result.scalingFactor = factor
    } else {
      assumed.append("scaling factor \(result.scalingFactor)")
    }
    if !assumed.isEmpty {
      notes.append(
        "\(assumed.joined(separator: " and ")) by default, as no config.json lies beside it")
    }
    return result
  }
}
