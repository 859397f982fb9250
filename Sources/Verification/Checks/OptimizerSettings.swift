import Diagnostics
import Training

/// The optimiser as fixtures describe it; what they leave out has PyTorch's default,
/// the average's decay that of the published trainer.
struct OptimizerSettings: Decodable {
  private var name: String?
  private var lr, eps, weightDecay: Double?
  private var betas: [Double]?

  private enum CodingKeys: String, CodingKey {
    case name, lr, eps, betas
    case weightDecay = "weight_decay"
  }

  init() {}

  func options(emaDecay: Double?) throws -> OptimizerOptions {
    guard name ?? "AdamW" == "AdamW" else {
      throw InvalidField("optimizer.name", expected: "AdamW", found: name ?? "")
    }
    let betas = betas ?? [0.9, 0.999]
    guard betas.count == 2, betas.allSatisfy((0..<1).contains) else {
      throw InvalidField("optimizer.betas", expected: "two numbers in 0..<1", found: "\(betas)")
    }
    var options = OptimizerOptions()
    options.learningRate = lr ?? 1e-3
    (options.beta1, options.beta2) = (betas[0], betas[1])
    options.epsilon = eps ?? 1e-8
    options.weightDecay = weightDecay ?? 0.01
    options.emaDecay = emaDecay ?? 0.9999
    return options
  }
}
