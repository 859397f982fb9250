// n images of 3 channels and side S, K classes, L coarse pixels along a side.
import Models
import TensorGraph

/// Cross entropy of the classes, plus `layoutWeight` times the mean square error of the
/// image in coarse colours.
///
/// Classes alone would let a feature network forget what does not tell them apart: colour,
/// background and place, which is what sets of images differ in.
public struct ClassificationLoss: TrainingLoss {
  public let inputs: [BatchInput]
  private let model: FeatureNetwork
  private let layoutWeight: Float

  public init(_ model: FeatureNetwork, layoutWeight: Double) {
    let side = model.configuration.imageSize
    // Labels as floats, exact below 2²⁴: the engine compares floats only.
    inputs = [BatchInput("images", [3, side, side]), BatchInput("classes")]
    self.model = model
    self.layoutWeight = Float(layoutWeight)
  }

  /// Parts: `cross_entropy`, `layout` before its weight, and `accuracy`: 1 where the right
  /// class has the largest logit, alone.
  public func callAsFunction(_ batch: [String: Tensor], weights: WeightSet) throws -> SampleLosses {
    let images = try batch.tensor("images")
    let classes = try batch.tensor("classes")  // (n)
    return try weights.scope(images.graph) {
      let outputs = try model(images)
      let selected = try classes.oneHot(model.configuration.classes)  // (n, K)
      let entropy = try (selected * outputs.logits.logSoftmax()).sum([1])(.negate)  // (n)
      let coarse = try FeatureNetwork.coarse(images)  // (n, 3, L, L)
      let layout = try (outputs.layout - coarse).meanSquarePerSample()  // (n)
      let own = try (selected * outputs.logits).sum([1])
      // The right class is taken out of the running by a number larger than any logit.
      let best = try (outputs.logits - selected * 1e30).maximumOfRows().reshaped(own.shape)
      let accuracy = try 1 - best.greaterOrEqual(own)  // (n)
      return SampleLosses(
        total: layoutWeight == 0 ? entropy : try entropy + layout * layoutWeight,
        parts: [("cross_entropy", entropy), ("layout", layout), ("accuracy", accuracy)])
    }
  }
}

extension Tensor {
  /// Numbers (n) of classes to rows (n, K) that are 1 at the class and 0 elsewhere.
  func oneHot(_ classes: Int) throws -> Tensor {
    let row = try reshaped([shape.elementCount, 1])
    let all = graph.constant((0..<classes).map(Float.init), shape: [classes])
    return try all.greaterOrEqual(row) * row.greaterOrEqual(all)  // (n, K)
  }

  /// Logarithms of the softmax over the last of two axes: z − m − log Σ exp(z − m), where m
  /// is the row's largest value, so that nothing overflows and some exponential is 1.
  func logSoftmax() throws -> Tensor {
    let shifted = try self - maximumOfRows()
    return try shifted - shifted.exponential().sum([1]).logarithm().reshaped([shape[0], 1])
  }

  /// (n, K) → (n, 1): halves are compared until one column is left.
  func maximumOfRows() throws -> Tensor {
    var x = self
    while x.shape[1] > 1 {
      let (columns, half) = (x.shape[1], x.shape[1] / 2)
      // An odd column takes part twice.
      x = try x.slice(axis: 1, 0..<columns - half).maximum(
        x.slice(axis: 1, half..<columns))
    }
    return x
  }
}
