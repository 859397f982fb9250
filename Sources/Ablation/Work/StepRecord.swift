import Diagnostics
import Files
import Foundation
import Pipelines

/// `record.json`: what a step's end was.
struct StepRecord: Codable, Equatable, Sendable {
  enum Status: String, Codable, Sendable { case done, failed }

  struct Metric: Codable, Equatable, Sendable {
    var name: String
    var value: Double
    /// The 95 % interval of the bootstrap.
    var lower: Double?
    var upper: Double?
    var method: String
  }

  struct Evaluations: Codable, Equatable, Sendable {
    var predictor: Double
    var refiner: Double
  }

  var format = "flowturbo-step"
  var formatVersion = 1
  var kind: Step.Kind
  var hash: String
  var title: String
  var status: Status
  /// One line.
  var error: String?
  /// What the hash is of.
  var settings: [String: String]
  var metrics: [Metric]?
  /// Of latents from the solution's, root mean squares, by sample.
  var latentDistances: [Double]?
  /// Per sample; nil where the solver chooses its steps.
  var evaluations: Evaluations?
  var timings: [CellTiming]?
  var warnings: [String]?
  /// Of the part of the work that the last run did.
  var seconds: Double
  /// Estimated, for rates.
  var multiplyAdds: Double?
  var threads: Int
  var host: String
  var codeVersion = Toolkit.version
  var numerics = Toolkit.numerics
  /// Of the code, where it is known.
  var commit: String?
}

/// The records of a sweep's steps.
struct StepRecords: Sendable {
  let folder: SweepFolder

  /// Nil where the step has not ended, and where its product is gone.
  func read(_ step: Step) throws -> StepRecord? {
    let path = folder.record(step.hash)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try ReadOnlyFile(path)
    guard file.size <= 64 << 20,
      let record = try? JSONDecoder().decode(
        StepRecord.self, from: Data(file.bytes(0..<file.size)))
    else {
      throw InputError(
        path, expected: "the record of a step", found: "other text",
        remedy: "remove the file to do the step again")
    }
    return record
  }

  func read(_ plan: SweepPlan) throws -> [String: StepRecord] {
    var records: [String: StepRecord] = [:]
    for (hash, step) in plan.steps { records[hash] = try read(step) }
    return records
  }

  /// Whether what the step made is still there.
  func hasProduct(_ step: Step) -> Bool {
    folder.product(step.kind, step.hash).map(FileManager.default.fileExists(atPath:)) ?? true
  }

  func write(_ record: StepRecord) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(
      Array(encoder.encode(record)) + [0x0A], to: folder.record(record.hash))
  }

  func remove(_ step: Step) { unlink(folder.record(step.hash)) }
}
