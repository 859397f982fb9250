import Diagnostics
import Foundation
import Randomness
import TensorGraph

/// Draws latents from posteriors: (mean + exp(logVariance/2)·ε)·scale.
public struct PosteriorSampler {
  private let source: any LatentSource
  private let mean: HostTensor
  private let logVariance: HostTensor

  public init(_ source: any LatentSource) {
    self.source = source
    mean = HostTensor(shape: source.sampleShape)
    logVariance = HostTensor(shape: source.sampleShape)
  }

  /// - Parameters:
  ///   - index: of the image.
  ///   - noise: where ε comes from.
  ///   - latent: C·S·S values, row-major (C, S, S).
  public func draw(
    _ index: Int, flipped: Bool, noise: inout RandomStream,
    into latent: UnsafeMutableBufferPointer<Float>
  ) throws {
    let (means, logVariances) = (mean.floats, logVariance.floats)
    guard means.count == latent.count else { throw misfit(latent.count) }
    try source.read(index: index, flip: flipped, mean: means, logVariance: logVariances)
    for i in latent.indices {
      let deviation = exp(logVariances[i] / 2)
      latent[i] = (means[i] + deviation * noise.normal()) * source.scale
    }
    try check(latent, index)
  }

  /// The posterior's mean·scale, as `draw` without noise.
  public func mean(_ index: Int, into latent: UnsafeMutableBufferPointer<Float>) throws {
    let means = mean.floats
    guard means.count == latent.count else { throw misfit(latent.count) }
    try source.read(index: index, flip: false, mean: means, logVariance: logVariance.floats)
    for i in latent.indices { latent[i] = means[i] * source.scale }
    try check(latent, index)
  }

  /// - Throws: `InputError` that names the sample, where its posterior is none of numbers.
  private func check(_ latent: UnsafeMutableBufferPointer<Float>, _ index: Int) throws {
    guard let place = latent.firstIndex(where: { !$0.isFinite }) else { return }
    throw InputError(
      source.name(of: index), expected: "a latent of finite numbers",
      found: "\(latent[place]) in element \(place), from mean \(mean.floats[place]) and "
        + "log-variance \(logVariance.floats[place])",
      remedy: "the file is damaged: make it again with flowturbo encode")
  }

  private func misfit(_ count: Int) -> InputError {
    InputError(
      "latents", expected: "\(count) values each, as the model takes",
      found: "shape \(source.sampleShape)")
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
