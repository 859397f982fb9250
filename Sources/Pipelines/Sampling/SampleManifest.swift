import CPUExecutor
import Diagnostics
import Files
import Foundation
import ModelFiles
import Models
import Sampling
import Training

/// `manifest.json` of a folder of samples: everything that determined them.
public struct SampleManifest: Codable, Sendable, Equatable {
  public struct Weights: Codable, Sendable, Equatable {
    public var path: String
    /// Of the file of the weights.
    public var sha256: String
    /// Which of the file's sets: `ema`, `raw`, or `only` where it does not say.
    public var weights: String
    /// What was stripped, computed or assumed.
    public var notes: [String]
    /// What the file says of itself, such as kind, model and the run that trained it.
    public var metadata: [String: String]
  }

  /// An image that a sample is made of.
  public struct Input: Codable, Sendable, Equatable {
    public var path: String
    /// Of the file.
    public var sha256: String
    /// The mask's, where there is one.
    public var mask: String?
    public var maskSHA256: String?
    /// The class that it is sampled with, one after the last for none.
    public var label: Int

    /// SHA-256 of what determines samples.
    static func digest(_ inputs: [Self]) -> String {
      FileHash.sha256(
        inputs.map { "\($0.sha256) \($0.maskSHA256 ?? "-") \($0.label)\n" }.joined().utf8)
    }
  }

  public struct Evaluations: Codable, Sendable, Equatable {
    public var predictor: Int
    public var refiner: Int
  }

  public struct Indices: Codable, Sendable, Equatable {
    public var from: Int
    /// One after the last.
    public var to: Int
  }

  public var format = "flowturbo-samples"
  public var formatVersion = 1
  /// True once every file of `outputs` is there.
  public var complete = false
  public var codeVersion = Toolkit.version
  public var oneDNN = SampleManifest.libraryVersion
  public var precision = "float32"
  public var seed: UInt64
  public var count: Int
  public var indices: Indices
  /// Samples that the networks ran on at a time.
  public var batch: Int
  public var labels: String
  /// Classes that labels were drawn from; manifests of 0.1.0 do not say.
  public var classes: Int?
  /// The canonical form.
  public var plan: String
  public var refinerVariant: String
  /// Evaluations of the networks per sample; nil where the solver chose its steps.
  public var evaluations: Evaluations?
  public var guidance: Double
  public var guidanceChannels: String
  /// By role: predictor, refiner, vae.
  public var weights: [String: Weights]
  /// Latents were divided by this before they were decoded.
  public var vaeScale: Double
  /// Files and folders, relative to the manifest's.
  public var outputs: [String]
  /// The resolved configuration, YAML.
  public var configuration: String
  /// What determines the samples' bytes, as `key: value`: resuming needs the same.
  public var identity: [String: String]
  /// The command, where it is not `sample`.
  public var task: String?
  /// By sample index, where samples are made of images.
  public var inputs: [Input]?

  static let fileName = "manifest.json"

  public static var libraryVersion: String {
    let version = CPUExecutor.libraryVersion
    return "\(version.major).\(version.minor).\(version.patch)"
  }

  /// The manifest in `folder`, nil where there is none.
  public static func read(in folder: String) throws -> SampleManifest? {
    let path = "\(folder)/\(fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try ReadOnlyFile(path)
    guard file.size <= 64 << 20 else {
      throw InputError(path, expected: "a manifest", found: "\(file.size) bytes")
    }
    do {
      return try JSONDecoder().decode(
        SampleManifest.self, from: Data(file.bytes(0..<file.size)))
    } catch is DecodingError {
      throw InputError(
        path, expected: "a manifest of samples", found: "other text",
        remedy: "choose another output folder")
    }
  }

  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(encoder.encode(self)) + [0x0A], to: "\(folder)/\(Self.fileName)")
  }
}

extension SampleManifest.Weights {
  init<Model>(_ model: LoadedModel<Model>) {
    self.init(
      path: model.origin.file, sha256: model.origin.sha256, weights: model.origin.takenName,
      notes: model.origin.notes, metadata: model.origin.metadata)
  }
}
