import Diagnostics
import Foundation
import Randomness
import TensorGraph

/// Draws latents from posteriors: (mean + exp(logVariance/2)·ε)·scale.
struct PosteriorSampler {
  private let source: any LatentSource
  private let mean: HostTensor
  private let logVariance: HostTensor

  init(_ source: any LatentSource) {
    self.source = source
    mean = HostTensor(shape: source.sampleShape)
    logVariance = HostTensor(shape: source.sampleShape)
  }

  func draw(
    _ index: Int, flipped: Bool, noise: inout RandomStream,
    into latent: UnsafeMutableBufferPointer<Float>
  ) throws {
    let (means, logVariances) = (mean.floats, logVariance.floats)
    guard means.count == latent.count else {
      throw InputError(
        "latents", expected: "\(latent.count) values each, as the model takes",
        found: "shape \(source.sampleShape)")
    }
    try source.read(index: index, flip: flipped, mean: means, logVariance: logVariances)
    for i in latent.indices {
      let deviation = exp(logVariances[i] / 2)
      latent[i] = (means[i] + deviation * noise.normal()) * source.scale
    }
  }
}

extension LatentSource {
  /// - Throws: `InputError` where a label is no class.
  func checkLabels(classes: Int) throws {
    guard labels.count == count else {
      throw InputError("latents", expected: "\(count) labels", found: "\(labels.count)")
    }
    if let wrong = labels.firstIndex(where: { $0 < 0 || Int($0) >= classes }) {
      throw InputError(
        "latents: label of sample \(wrong)", expected: "a class of the model, 0 to \(classes - 1)",
        found: "\(labels[wrong])")
    }
  }
}
