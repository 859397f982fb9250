import Diagnostics

/// A run cannot go on.
public enum TrainingError: ExitCodeProviding, CustomStringConvertible {
  /// Loss, gradient or weights are NaN or infinite at `step`.
  case nonFinite(quantity: String, step: Int, indices: [Int], lastCheckpoint: String?)

  public var exitCode: ExitCode { .checkFailed }

  public var description: String {
    switch self {
    case .nonFinite(let quantity, let step, let indices, let lastCheckpoint):
      let samples =
        indices.isEmpty
        ? "" : "; samples of the batch: " + indices.map(String.init).joined(separator: ", ")
      let checkpoint = lastCheckpoint.map { "the last good checkpoint is \($0)" }
      return "step \(step): \(quantity)\(samples); "
        + (checkpoint ?? "no checkpoint has been written yet")
        + "; lower the learning rate, clip gradients or look at these samples"
    }
  }
}
