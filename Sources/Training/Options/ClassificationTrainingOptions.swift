/// Training of a feature network: cross entropy plus the error of the coarse image.
public struct ClassificationTrainingOptions: Sendable, Equatable {
  public var common = TrainingOptions()
  /// Weight of the coarse image's mean square error against the cross entropy.
  public var layoutWeight = 4.0

  public init() {}
}
