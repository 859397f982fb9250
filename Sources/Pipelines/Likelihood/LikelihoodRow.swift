import Diagnostics
import Files
import Foundation
import Sampling

/// One latent's likelihood under one class, in bits per dimension.
struct LikelihoodRow: Codable, Sendable, Equatable {
  /// The sample's place in the file of latents.
  var index: Int
  /// Its class there.
  var label: Int32
  /// The class that the density is conditioned on; the null class for none.
  var condition: Int32
  /// The two parts, whose sum is the whole.
  var prior: Double
  var divergence: Double
  /// Standard error over the probes; nil of a single one.
  var error: Double?
  /// Entropy of the posterior that the latent was drawn from.
  var entropy: Double
  /// Evaluations of velocity and divergence, the mean over the batch.
  var evaluations: Double

  var bits: Double { prior + divergence }
  /// What the latent tells of its image, coded by this density: the divergence of the posterior
  /// from it, in expectation over draws of the posterior.
  var rate: Double { bits - entropy }

  init(
    _ job: LikelihoodJobs.Job, label: Int32, _ likelihood: LatentLikelihood, entropy: Double,
    evaluations: Double
  ) throws {
    (index, self.label, condition) = (job.index, label, job.condition)
    (prior, divergence) = (likelihood.priorBits, likelihood.divergenceBits)
    error = likelihood.errorBits
    self.entropy = entropy
    self.evaluations = evaluations
    guard rate.isFinite, error?.isFinite ?? true else {
      throw NonFiniteLikelihood(index: index, condition: condition)
    }
  }
}

/// A flow went out of the numbers' range.
struct NonFiniteLikelihood: ExitCodeProviding, CustomStringConvertible {
  let index: Int
  let condition: Int32
  var exitCode: ExitCode { .checkFailed }
  var description: String {
    "sample \(index) under class \(condition): its likelihood is NaN or infinite; check the "
      + "weights or take more steps"
  }
}

/// The batches of a run that is not complete, a file of rows each.
struct LikelihoodParts {
  let folder: String

  private func path(_ number: Int) -> String {
    "\(folder)/\(String(format: "%06ld", number)).json"
  }

  func write(_ rows: [LikelihoodRow], number: Int) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try AtomicFile.write(Array(encoder.encode(rows)), to: path(number))
  }

  /// The rows of a batch, nil where they are not there or not those of these jobs.
  func read(_ number: Int, jobs: some Collection<LikelihoodJobs.Job>) -> [LikelihoodRow]? {
    guard FileManager.default.fileExists(atPath: path(number)),
      let file = try? ReadOnlyFile(path(number)), file.size <= 1024 * (jobs.count + 1),
      let bytes = try? file.bytes(0..<file.size),
      let rows = try? JSONDecoder().decode([LikelihoodRow].self, from: Data(bytes)),
      rows.count == jobs.count,
      zip(rows, jobs).allSatisfy({ $0.index == $1.index && $0.condition == $1.condition })
    else { return nil }
    return rows
  }

  /// Removes all of them.
  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
