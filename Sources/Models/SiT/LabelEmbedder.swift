// B batch, D width.
import TensorGraph

/// Class labels as rows of a table; the row after the last class is the null
/// label of classifier-free guidance.
struct LabelEmbedder: Layer {
  private let table: Parameter

  init(_ path: String, classes: Int, width: Int) {
    table = Parameter(
      "\(path).embedding_table.weight", [classes + 1, width], .normal(standardDeviation: 0.02))
  }

  var parameters: [Parameter] { [table] }

  func callAsFunction(_ labels: Tensor) throws -> Tensor {
    try table(in: labels.graph).gather(labels)  // (B, D)
  }

  /// Between two classes: (1 − weight)·first + weight·second, weights (B).
  func callAsFunction(between first: Tensor, and second: Tensor, weights: Tensor) throws -> Tensor {
    let share = try weights.reshaped([weights.shape.elementCount, 1])  // (B, 1)
    return try (1 - share) * self(first) + share * self(second)  // (B, D)
  }
}
