import Checkpoints
import Diagnostics
import Sampling

/// How far samples end from those of another plan that began from the same noise: √ of the mean
/// of (x − y)² over each sample's latents.
public struct LatentDistances: Sendable, Equatable {
  /// By sample, in the latents' unit.
  public let values: [Double]

  /// Of the latents that two runs of `sample` have left in their folders (`write.latents`).
  /// - Throws: `InputError` where they are not of the same samples.
  public init(_ samples: String, from solution: String) throws {
    let (first, second) = (try Self.open(samples), try Self.open(solution))
    for name in [SampleTensors.indices, SampleTensors.labels] {
      guard try first.integers(name) == second.integers(name) else {
        throw InputError(
          first.path, expected: "the \(name) of \(second.path)", found: "others")
      }
    }
    let (shape, other) = (
      try first.info(SampleTensors.latents).shape, try second.info(SampleTensors.latents).shape
    )
    guard shape == other, let count = shape.first, count > 0 else {
      throw InputError(first.path, expected: "latents \(other)", found: "\(shape)")
    }
    let (x, y) = (
      try first.floats(SampleTensors.latents), try second.floats(SampleTensors.latents)
    )
    let length = x.count / count
    values = (0..<count).map { sample in
      let place = sample * length..<(sample + 1) * length
      return Self.rootMeanSquare(x[place], y[place])
    }
  }

  private static func open(_ folder: String) throws -> SafetensorsFile {
    try SafetensorsFile(path: "\(folder)/\(SampleFileNames().latents)")
  }

  /// √ of the mean of (x − y)².
  static func rootMeanSquare(_ x: some Collection<Float>, _ y: some Collection<Float>) -> Double {
    (squares(x, y) / Double(max(x.count, 1))).squareRoot()
  }

  /// The sum of (x − y)².
  static func squares(_ x: some Collection<Float>, _ y: some Collection<Float>) -> Double {
    zip(x, y).reduce(0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    }
  }
}

extension SampleConfiguration {
  /// The first of these samples for their latents alone, which are not decoded; however many
  /// the set has.
  /// - Parameter batch: samples at once.
  public func latentsAlone(first count: Int, batch: Int) -> SampleConfiguration {
    var configuration = self
    let first = sampling.indices?.lowerBound ?? 0
    configuration.sampling.indices = first..<first + count
    configuration.sampling.count = first + count
    configuration.sampling.batch = batch
    configuration.write = SampleOutputs()
    (configuration.write.png, configuration.write.grid) = (false, false)
    configuration.write.latents = true
    return configuration
  }
}
