import Diagnostics
import Files
import Foundation
import Storage

extension Inspect {
  /// What is said of HDF5 files of latents and of features; nil where the file is neither.
  /// - Throws: `InputError` for HDF5 files of another layout, and damaged ones.
  func datasetReport() throws -> FileReport? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      !isFolder.boolValue
    else { return nil }
    let file = try ReadOnlyFile(path)
    let start = try file.bytes(0..<min(file.size, 18))
    if start.starts(with: "FLOWTURBO-FEATURES".utf8) {
      return try report(of: FeaturesFile(path: path), bytes: file.size)
    }
    if start.starts(with: "FLOWTURBO-LATENTS".utf8) {
      return try report(of: LatentsFile(path: path), bytes: file.size)
    }
    guard start.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) else { return nil }
    // Of other programs: either layout may be in it.
    do {
      return try report(of: LatentsFile(path: path), bytes: file.size)
    } catch let error as InputError {
      guard let features = try? FeaturesFile(path: path) else { throw error }
      return try report(of: features, bytes: file.size)
    }
  }

  private func report(of latents: LatentsFile, bytes: Int) throws -> FileReport {
    let about = latents.description
    var report = FileReport(
      path: path, file: path, container: "HDF5", bytes: bytes, kind: "latents",
      content: "latents of \(latents.count) images and their mirror images, "
        + "\(about.channels)×\(about.height)×\(about.width), "
        + "\(Set(latents.labels).count) classes, images of \(about.imageSize) pixels")
    report.sha256 = hashes ? try FileHash.sha256(ofFile: path) : nil
    report.takenBy = ["flowturbo train-predictor: data.latents", "train-refiner: data.latents"]
    report.metadata = [
      "vae_hash": about.vaeHash, "scaling_factor": "\(about.scalingFactor)",
      "label_policy": about.labelPolicy, "configuration": about.configuration,
      "created_by": about.createdBy, "inputs_hash": latents.inputsHash,
    ]
    return report
  }

  private func report(of features: FeaturesFile, bytes: Int) throws -> FileReport {
    let about = features.description
    let more = [
      about.spatialDimensions > 0 ? "\(about.spatialDimensions) spatial ones" : nil,
      about.logitDimensions > 0 ? "\(about.logitDimensions) logits" : nil,
    ].compactMap(\.self)
    var report = FileReport(
      path: path, file: path, container: "HDF5", bytes: bytes, kind: "imageFeatures",
      content: ([
        "features of \(features.count) images by \(about.extractor), \(about.dimensions) each"
      ] + more).joined(separator: ", "))
    report.sha256 = hashes ? try FileHash.sha256(ofFile: path) : nil
    report.takenBy = ["flowturbo evaluate: --reference or --samples"]
    report.metadata = [
      "extractor": about.extractor, "preprocessing": about.preprocessing,
      "weights_hash": about.weightsHash, "input_size": "\(about.inputSize)",
      "batch": "\(about.batch)", "label_policy": about.labelPolicy,
      "created_by": about.createdBy, "inputs_hash": features.inputsHash,
    ]
    return report
  }
}
