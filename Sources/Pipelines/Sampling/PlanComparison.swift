import Files
import Foundation
import Imaging
import Sampling
import TensorGraph

/// `comparison.json`: plans run from the same noise.
public struct PlanComparison: Codable, Sendable, Equatable {
  public struct Result: Codable, Sendable, Equatable {
    public var plan: String
    /// The name of settings of its own; nil for those of all.
    public var variant: String?
    /// What plans of other lengths or tolerances have in common with it.
    public var family: String?
    /// The refiner's name; nil for plans without R.
    public var refiner: String?
    /// Evaluations per sample, the mean where a solver chose its steps.
    public var predictorEvaluations: Double
    public var refinerEvaluations: Double
    /// Evaluations per sample that only filled batches up, where samples left them before others.
    public var paddingEvaluations: Double?
    /// Steps per sample that a tolerance refused; nil for plans that refuse none.
    public var rejectedSteps: Double?
    /// Median over batches, without decoding.
    public var millisecondsPerImage: Double
    /// Against the reference's latents, in the predictor's scale.
    public var latentRMSE: Double
    /// The picture, relative to the comparison's folder.
    public var grid: String
    /// By their names, such as `fid[solids-features]`; nil where nothing was evaluated.
    public var metrics: [String: Double]?
    /// Of the metrics that were resampled, by the bootstrap.
    public var standardErrors: [String: Double]?
  }

  /// What the metrics are of.
  public struct Evaluation: Codable, Sendable, Equatable {
    /// Samples of each plan.
    public var count: Int
    public var extractor: EvaluationReport.Extractor?
    public var reference: EvaluationReport.ImageSet?
    /// Why the numbers may not be compared with others.
    public var warnings: [String]
  }

  public var codeVersion = Toolkit.version
  public var oneDNN = SampleManifest.libraryVersion
  public var precision = "float32"
  /// The resolved configuration, YAML: seed, plans, reference, guidance.
  public var configuration: String
  public var weights: [String: SampleManifest.Weights]
  public var results: [Result]
  public var referenceGrid: String
  public var decodingMillisecondsPerImage: Double
  public var images: Int
  public var batch: Int
  public var threads: Int
  public var evaluation: Evaluation?

  static let fileName = "comparison.json"

  var hasErrors: Bool { results.contains { $0.standardErrors?.isEmpty == false } }

  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(encoder.encode(self)) + [0x0A], to: "\(folder)/\(Self.fileName)")
  }

  /// Removes the pictures of an earlier comparison, which may be of other plans.
  static func removePictures(in folder: String) {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(fileName)"),
      let earlier = try? JSONDecoder().decode(Self.self, from: data)
    else { return }
    for grid in earlier.results.map(\.grid) + [earlier.referenceGrid] {
      unlink("\(folder)/\((grid as NSString).lastPathComponent)")
    }
    unlink("\(folder)/\(fileName)")
  }
}

/// Decodes the samples of each plan into a grid: a row per class, the same noise in the
/// same place.
final class Gallery {
  private let folder: String
  private let decoder: LatentDecoder
  private let batches: [SampleBatches.Batch]
  private let classes: Int
  /// Time and number of the images decoded so far.
  private(set) var seconds = 0.0
  private(set) var decoded = 0

  /// - Parameter classes: sample i is of class row i modulo this.
  init(folder: String, decoder: LatentDecoder, batches: [SampleBatches.Batch], classes: Int) {
    self.folder = folder
    self.decoder = decoder
    self.batches = batches
    self.classes = classes
  }

  /// - Returns: the file's name.
  func write(
    _ latents: [HostTensor], _ plan: SamplingPlan, variant: String? = nil, refiner: String? = nil
  ) throws -> String {
    let start = ContinuousClock.now
    let images = try zip(batches, latents).flatMap { try decoder($1, rows: $0.keptRows) }
    seconds += (ContinuousClock.now - start).seconds
    decoded += images.count
    let columns = images.count / classes
    let cells = (0..<images.count).map { images[$0 % columns * classes + $0 / columns] }
    // Letters that shells treat specially are left out: [H1P1]x3 is H1P1x3.
    let name = plan.description.replacing(":", with: "-").filter { $0 != "[" && $0 != "]" }
    let file = ([name] + [variant, refiner].compactMap { $0 }).joined(separator: "-") + ".png"
    try ImageEncoder.writePNG(ImageGrid.join(cells, columns: columns), to: "\(folder)/\(file)")
    return file
  }
}
