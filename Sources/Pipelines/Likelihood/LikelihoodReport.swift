import Diagnostics
import Files
import Foundation
import Sampling

/// What `flowturbo likelihood` found out, with all that it depends on: `likelihood.json`.
public struct LikelihoodReport: Codable, Sendable, Equatable {
  /// A mean over samples.
  public struct Estimate: Codable, Sendable, Equatable {
    public var mean: Double
    /// Over the samples, that of their probes included; nil of a single sample.
    public var standardError: Double?
  }

  /// A set of likelihoods, in bits per dimension.
  public struct Group: Codable, Sendable, Equatable {
    /// `own class`, `unconditional`, `other classes` or `mixture of all classes`.
    public var name: String
    /// Of latents as the model sees them, that is, times the scale.
    public var bitsPerDimension: Estimate
    /// The same densities of latents as the autoencoder gives them: − log₂ scale more.
    public var unscaledBitsPerDimension: Estimate
    /// Bits per dimension less the entropy of the posteriors: what latents tell of their images,
    /// whatever the scale. Nil of posterior means.
    public var rate: Estimate?
    /// −log₂ of the noise's density, and the divergence along the way: their sum is the whole.
    /// Nil of a mixture.
    public var prior: Estimate?
    public var divergence: Estimate?
    /// What of the mean's standard error is the probes'; nil of single probes.
    public var probeError: Double?
  }

  public struct Latents: Codable, Sendable, Equatable {
    public var path: String
    /// What was encoded, and how.
    public var inputsHash: String
    /// SHA-256 of the autoencoder that made them.
    public var vae: String
    /// A model's input is a latent times this.
    public var scale: Double
    /// (C, h, w).
    public var shape: [Int]
    /// `sample` or `mean` of the posterior.
    public var taken: String
  }

  public var format = "flowturbo-likelihood"
  public var formatVersion = 1
  public var complete = false
  public var codeVersion = Toolkit.version
  public var oneDNN = SampleManifest.libraryVersion
  public var precision: String
  public var seed: UInt64
  public var predictor: SampleManifest.Weights
  public var latents: Latents
  /// Samples.
  public var count: Int
  public var dimensions: Int
  public var plan: String
  public var times: String
  public var trace: String
  public var probes: Int
  public var guidance: Double
  /// Evaluations of velocity and divergence per latent and class, the mean.
  public var evaluations: Double?
  public var results: [Group] = []
  /// By how much a sample's other classes take more bits per dimension than its own, on average.
  public var margin: Estimate?
  /// The share of samples that are likeliest under their own class.
  public var accuracy: Double?
  /// What the numbers are not.
  public var warnings: [String]
  /// The resolved configuration, YAML.
  public var configuration: String
  /// What determines the numbers, as `key: value`: resuming needs the same.
  public var identity: [String: String]

  static let fileName = "likelihood.json"

  /// The report in `folder`, nil where there is none.
  public static func read(in folder: String) throws -> LikelihoodReport? {
    let path = "\(folder)/\(fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try ReadOnlyFile(path)
    guard file.size <= 64 << 20,
      let report = try? JSONDecoder().decode(
        LikelihoodReport.self, from: Data(file.bytes(0..<file.size)))
    else {
      throw InputError(
        path, expected: "a report of likelihoods", found: "other contents",
        remedy: "choose another output folder")
    }
    return report
  }

  /// The same numbers give the same text.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

extension LikelihoodReport.Estimate {
  /// - Parameter values: at least one.
  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.init(
      mean: mean,
      standardError: values.count > 1 ? (squares / (count - 1) / count).squareRoot() : nil)
  }
}
