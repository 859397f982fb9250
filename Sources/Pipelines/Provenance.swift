/// What results say about the program that made them.
public enum Toolkit {
  public static let version = "0.1.0"
  /// Part of the hash of every step of an ablation. To be raised when a change makes the same
  /// configuration give other results than by rounding: a loss, a solver, a draw, a metric, the
  /// preparation of images. Results of before are then computed again.
  public static let numerics = 1
}
