// n rows of a batch.
import Diagnostics
import Foundation
import Randomness
import Storage
import TensorGraph
import Training

/// What is computed, in a fixed order: each sample under one class, or under all of them.
struct LikelihoodJobs {
  /// One latent under one class.
  struct Job: Equatable {
    /// The sample's place in the file of latents.
    let index: Int
    /// The class that the density is conditioned on; the null class for none.
    let condition: Int32
  }

  let all: [Job]
  let batch: Int

  /// - Parameters:
  ///   - labels: of all samples of the file.
  ///   - classes: of the model; the number is the null class.
  /// - Throws: `InputError` where more samples are asked for than there are.
  init(_ settings: LikelihoodSettings, labels: [Int32], classes: Int, path: String) throws {
    let count = settings.count ?? labels.count
    guard count <= labels.count else {
      throw InputError(
        "likelihood.count", expected: "at most \(labels.count), the samples of \(path)",
        found: "\(count)")
    }
    let conditions = settings.classes == .every ? classes : 1
    let (total, overflow) = count.multipliedReportingOverflow(by: conditions)
    guard !overflow, total <= Self.maximum else {
      throw InputError(
        "likelihood.count", expected: "at most \(Self.maximum) latents under a class each",
        found: "\(count) under \(conditions)", remedy: "take fewer samples")
    }
    // Files hold one class after the other: spread, a part has some of each.
    let indices = (0..<count).map { Int((Double($0) * Double(labels.count)) / Double(count)) }
    all = indices.flatMap { index -> [Job] in
      switch settings.classes {
      case .own: [Job(index: index, condition: labels[index])]
      case .unconditional: [Job(index: index, condition: Int32(classes))]
      case .every: (0..<Int32(classes)).map { Job(index: index, condition: $0) }
      }
    }
    batch = min(settings.batch, all.count)
  }

  private static let maximum = 100_000_000

  var batches: Int { (all.count + batch - 1) / batch }

  /// The jobs of a batch.
  func kept(_ number: Int) -> ArraySlice<Job> {
    all[number * batch..<min((number + 1) * batch, all.count)]
  }

  /// What the network runs on: always a whole batch, the last one filled up with its last job.
  func drawn(_ number: Int) -> [Job] {
    let kept = kept(number)
    return kept + Array(repeating: kept[kept.endIndex - 1], count: batch - kept.count)
  }
}

/// Latents as a predictor sees them, from the posteriors of a file.
struct PosteriorLatents {
  let file: LatentsFile
  let choice: LikelihoodSettings.Latents
  let seed: UInt64

  /// (n, C, h, w); every sample's draw depends on the seed and its index alone.
  func callAsFunction(_ indices: [Int]) throws -> HostTensor {
    let posterior = PosteriorSampler(file)
    let shape = file.sampleShape
    let length = shape.elementCount
    let result = HostTensor(shape: Shape([indices.count] + shape.dimensions))
    for (row, index) in indices.enumerated() {
      let latent = UnsafeMutableBufferPointer(
        rebasing: result.floats[row * length..<(row + 1) * length])
      switch choice {
      case .mean: try posterior.mean(index, into: latent)
      case .sample:
        var noise = RandomStream(seed: seed, purpose: .posterior, index: UInt64(index))
        try posterior.draw(index, flipped: false, noise: &noise, into: latent)
      }
    }
    return result
  }

  /// The differential entropy of a sample's posterior in bits per dimension of latents times
  /// the scale: ½·log₂(2πe·σ²) + log₂ scale, the mean over the dimensions.
  func entropy(_ index: Int) throws -> Double {
    let (mean, logVariance) = (
      HostTensor(shape: file.sampleShape), HostTensor(shape: file.sampleShape)
    )
    try withExtendedLifetime(mean) {
      try file.read(
        index: index, flip: false, mean: mean.floats, logVariance: logVariance.floats)
    }
    let sum = logVariance.array().reduce(0) { $0 + Double($1) }
    let logs = sum / Double(file.latentCount) + log(2 * .pi * M_E)
    return 0.5 * logs / log(2) + log2(Double(file.scale))
  }
}
