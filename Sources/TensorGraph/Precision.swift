/// What a compiled program multiplies in. A graph has none: its tensors are float32, as are a
/// program's inputs, outputs and variables whatever it is compiled for.
public enum Precision: String, Sendable, CaseIterable {
  case float32
  /// Operands of contractions and of attention are rounded to bfloat16 (8 significant bits) and
  /// their products added in float32; what lies between two contractions may be stored so as
  /// well. Normalisation, softmax statistics, losses, reductions and optimisers stay float32.
  case bfloat16

  /// Bytes of a number that is multiplied, such as a packed weight's.
  public var elementBytes: Int { self == .float32 ? 4 : 2 }
}
