import Sampling
import Imaging
import CPUExecutor
import Configuration
import Files
import Foundation
import Pipelines
import Storage

/// Writes `results.h5` anew from what is recorded.
final class ResultsWriter {
  let plan: SweepPlan
  private let configuration: AblationConfiguration
  private let folder: SweepFolder
  /// Pictures by the hash of their samples: finished ones do not change.
  private var pictures: [String: ResultPicture] = [:]

  init(plan: SweepPlan, configuration: AblationConfiguration, folder: SweepFolder) {
    self.plan = plan
    self.configuration = configuration
    self.folder = folder
  }

  func write(_ records: [String: StepRecord]) throws {
    try document(records).write(to: folder.results)
  }

  func document(_ records: [String: StepRecord]) throws -> ResultsDocument {
    ResultsDocument(
      attributes: try attributes(),
      tables: ResultTables(plan, records).all + (try curves(records)),
      pictures: try allPictures(records))
  }

  private func attributes() throws -> [(name: String, value: String)] {
    let values: [(AblationAttribute, String)] = [
      (.configuration, try ResolvedConfiguration(configuration).yaml),
      (.codeVersion, Toolkit.version), (.numericsVersion, "\(Toolkit.numerics)"),
      (.commit, SourceCommit.current ?? ""),
      (
        .oneDNN,
        {
          let version = CPUExecutor.libraryVersion
          return "\(version.major).\(version.minor).\(version.patch)"
        }()
      ),
      (.hdf5, HDF5Library.version), (.processor, Hardware.processor),
      (.threads, "\(CPUExecutor.threads)"),
      (.system, ProcessInfo.processInfo.operatingSystemVersionString),
    ]
    return values.map { ($0.0.rawValue, $0.1) }
  }

  private func curves(_ records: [String: StepRecord]) throws -> [ResultTable] {
    try plan.order.flatMap { hash -> [ResultTable] in
      guard let step = plan.steps[hash], step.kind == .refiner || step.kind == .autoencoder,
        records[hash]?.status == .done
      else { return [] }
      return try TrainingCurves.tables(folder.log(hash), hash: hash, title: step.title)
    }
  }

  /// One for each cell, of its first seed.
  private func allPictures(_ records: [String: StepRecord]) throws -> [ResultPicture] {
    var result: [ResultPicture] = []
    for study in plan.studies {
      var seen: Set<String> = []
      for cell in study.cells where seen.insert(cell.name).inserted {
        guard records[cell.sample]?.status == .done,
          let picture = try picture(cell.sample)
        else { continue }
        result.append(
          ResultPicture(
            "grids/\(study.name)/\(cell.name.replacing("/", with: "_"))", title: picture.title,
            width: picture.width,
            height: picture.height, pixels: picture.pixels))
      }
    }
    return result
  }

  private func picture(_ hash: String) throws -> ResultPicture? {
    if let known = pictures[hash] { return known }
    guard let step = plan.steps[hash], case .sample(let configuration) = step.work,
      FileManager.default.fileExists(atPath: folder.grid(hash))
    else { return nil }
    let image = try SamplePicture.read(
      folder.grid(hash), of: configuration, columns: self.configuration.results.perClass)
    let picture = ResultPicture(
      "", title: "plan \(configuration.sampling.plan), seed \(configuration.seed)",
      width: image.width, height: image.height, pixels: image.pixels)
    pictures[hash] = picture
    return picture
  }
}
