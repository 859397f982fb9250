import Diagnostics

extension ModelFile {
  /// The Inception-v3 in the file: pytorch-fid's weights, or others under its names.
  /// - Throws: `InputError` where it is another model, or torchvision's.
  public func inception(_ choice: WeightChoice? = nil) throws -> ModelSelection {
    let chosen = try choose(.inception, choice)
    guard case .inception(let facts) = chosen.group.model else {
      throw misfit(askedFor: .inception)
    }
    let shape = ModelShape.inception(classes: facts.classes)
    try checkFit(chosen.group, shape, askedFor: .inception)
    return selection(shape, chosen)
  }
}
