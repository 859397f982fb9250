import Evaluation
import Files
import Foundation

/// What `flowturbo evaluate` found out: every number with all that it depends on. Its JSON is
/// what `--json` prints, its table what `results.h5` holds.
public struct EvaluationReport: Codable, Sendable, Equatable {
  /// One number.
  public struct Result: Codable, Sendable, Equatable {
    /// The metric under the name that it may be quoted by: `fid`, or `fid[solids-features]`.
    public var name: String
    public var metric: MetricName
    /// The class that it is of; nil of the whole sets.
    public var label: Int?
    public var className: String?
    public var value: Double
    /// Of the value, where it was estimated: over KID's subsets, or by the bootstrap.
    public var standardError: Double?
    /// Over the parts of an Inception Score or the subsets of KID.
    public var standardDeviation: Double?
    /// The bootstrap's interval.
    public var lower: Double?
    public var upper: Double?
    /// Images that it is of; nil where statistics do not say.
    public var referenceCount: Int?
    public var sampleCount: Int?
    /// What was done, in a few words: neighbours, chunks, subsets, resamples.
    public var method: String
  }

  public struct Extractor: Codable, Sendable, Equatable {
    public var name: String
    public var preparation: String
    /// SHA-256 of the weights; `unknown` of statistics that do not say.
    public var weights: String
    public var inputSize: Int?
    public var dimensions: Int?
    public var batch: Int?
  }

  /// What is known of a set.
  public struct ImageSet: Codable, Sendable, Equatable {
    /// As it was given.
    public var path: String
    /// `images`, `features` or `statistics`, or two of them where both were used.
    public var content: [String]
    /// Images that were evaluated; nil where statistics do not say.
    public var count: Int?
    /// Images that could not be read.
    public var broken: Int
    /// SHA-256 over the hashes of the images in order.
    public var imagesHash: String?
    /// SHA-256 over the arrays of stored statistics.
    public var statisticsHash: String?
    /// The protocol, extractor and preparation that the statistics say they are of.
    public var statisticsOrigin: String?
    /// Images of each format: `png`, `jpeg`, `npz`.
    public var formats: [String: Int]
    /// Images of each size, `64x64`, of the most frequent ones; the rest is `other`.
    public var sizes: [String: Int]
    /// Where labels come from.
    public var labelPolicy: String
    /// 8 bits per sample: what a file of images can hold.
    public var pixels: String
  }

  public var format = "flowturbo-evaluation"
  public var formatVersion = 1
  public var codeVersion = Toolkit.version
  public var oneDNN = SampleManifest.libraryVersion
  public var evaluationProtocol: EvaluationProtocol
  /// Nil where both sets are statistics.
  public var extractor: Extractor?
  /// Nil where none was given.
  public var reference: ImageSet?
  public var samples: ImageSet
  public var results: [Result]
  /// Why numbers may not be compared with others.
  public var warnings: [String]
  /// The manifest of the samples, where `flowturbo sample` made them.
  public var sampling: SampleManifest?
  /// The resolved configuration, YAML.
  public var configuration: String

  /// The value of a metric of the whole sets.
  public subscript(metric: MetricName) -> Double? {
    results.first { $0.metric == metric && $0.label == nil }?.value
  }

  /// The same results give the same text.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
