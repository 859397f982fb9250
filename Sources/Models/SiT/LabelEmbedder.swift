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
}
