import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import ModelFiles
import Models
import Storage

/// `flowturbo inspect`: what a file is, what is in it, and what takes it.
public struct Inspect {
  public let path: String
  /// The set of weights to look at; nil takes averages where the file has some.
  public var choice: WeightChoice?
  /// Whether to hash the file and every tensor.
  public var hashes = false

  public init(path: String) { self.path = path }

  /// - Throws: `InputError` where it cannot be read at all.
  public func report() throws -> FileReport {
    if let data = try datasetReport() { return data }
    let file = try ModelFile(path: path)
    var report = FileReport(
      path: path, file: file.file.path, container: file.file.format.rawValue,
      bytes: file.file.file.size, kind: "unknown", content: "no model that is known here")
    report.sha256 = hashes ? try file.sha256() : nil
    report.metadata = file.file.metadata
    report.settings = (file.file as? TorchFile)?.values.map(FileReport.Setting.init) ?? []
    report.tensors = try file.file.names.map { try tensor($0, of: file.file) }
    if let kind = file.likelyKind {
      describe(kind, file, &report)
    } else {
      describeOther(file, &report)
    }
    report.parts = parts(of: file)
    return report
  }

  private func tensor(_ name: String, of file: any TensorFile) throws -> FileReport.Tensor {
    let tensor = try file.info(name)
    var result = FileReport.Tensor(
      name: name, shape: tensor.shape, type: tensor.type.rawValue, bytes: tensor.byteCount)
    if hashes {
      let digest = SHA256Digest()
      try file.forEachChunk(of: name) { digest.update($0) }
      result.sha256 = digest.hexadecimal()
    }
    return result
  }

  // MARK: Models

  private func describe(_ kind: ModelKind, _ file: ModelFile, _ report: inout FileReport) {
    report.kind = kind.rawValue
    let group = file.groups.first { $0.kind == kind }
    (report.content, report.parameters) = (group?.content ?? kind.rawValue, group?.valueCount)
    report.takenBy = kind.commands
    do {
      let selection = try file.selection(kind, choice)
      report.content = selection.shape.description
      report.parameters = try selection.shape.parameters().valueCount
      report.weights = selection.taken?.rawValue ?? "only"
      report.notes = selection.notes
      report.model = try ModelMetadata.describing(selection.shape)[ModelMetadata.model]
    } catch {
      report.problem = "\(error)".replacing("\(file.file.path): ", with: "")
    }
  }

  private func parts(of file: ModelFile) -> [FileReport.Part] {
    let models = file.groups.count { $0.kind != nil }
    var parts: [FileReport.Part] = []
    for group in file.groups {
      var part = FileReport.Part(
        container: String(group.container.dropLast()), content: group.content,
        weights: group.kind != nil && models > 1 ? (group.isNamedAverage ? "ema" : "raw") : nil,
        tensors: group.members.count, parameters: group.valueCount, bytes: group.byteCount)
      // An optimiser has a container for each parameter: they count as one.
      if group.isOptimiserState {
        part.container = String(part.container.prefix { $0 != "/" })
        if let last = parts.last, last.container == part.container, last.content == part.content {
          part.tensors += last.tensors
          part.parameters += last.parameters
          part.bytes += last.bytes
          parts.removeLast()
        }
      }
      parts.append(part)
    }
    return parts
  }

  // MARK: Other files

  private func describeOther(_ file: ModelFile, _ report: inout FileReport) {
    if file.file.metadata["format"] == "flowturbo training state" {
      report.kind = "state"
      report.content =
        "a training's state at step \(file.file.metadata["step"]?.prefix(20) ?? "unknown")"
      report.takenBy = ["the training command that wrote it, with --resume"]
      return
    }
    let arrays = file.file
    if let images = arrays.tensor(named: "arr_0"), images.type == .uint8, images.shape.count == 4 {
      let (n, h, w, c) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3])
      report.kind = "samples"
      report.content = "\(n) images of \(w)×\(h) pixels, \(c) channels"
    }
    if let features = statistics(arrays, "mu", "sigma") {
      let spatial = statistics(arrays, "mu_s", "sigma_s").map { " and \($0) spatial ones" } ?? ""
      let text = "mean and covariance of \(features) features\(spatial)"
      report.content = report.kind == "samples" ? "\(report.content), and \(text)" : text
      report.kind = report.kind == "samples" ? "samples" : "statistics"
    }
    report.takenBy = takers(ofArrays: report)
    if file.groups.contains(where: \.isForeign), let group = file.groups.first(where: \.isForeign) {
      report.content = group.content
    }
  }

  /// Commands that take an archive of images or statistics.
  private func takers(ofArrays report: FileReport) -> [String] {
    switch report.kind {
    case "samples": ["flowturbo evaluate: --samples or --reference"]
    case "statistics": ["flowturbo evaluate: --reference or --samples, for fid and sfid"]
    default: []
    }
  }

  /// The number of features whose mean and covariance are there.
  private func statistics(_ file: any TensorFile, _ mean: String, _ covariance: String) -> Int? {
    guard let mean = file.tensor(named: mean)?.shape, mean.count == 1,
      file.tensor(named: covariance)?.shape == [mean[0], mean[0]]
    else { return nil }
    return mean[0]
  }
}

extension FileReport.Setting {
  init(_ value: TorchValue) {
    let text =
      switch value.value {
      case .none: "None"
      case .bool(let value): value ? "True" : "False"
      case .int(let value): "\(value)"
      case .longInteger(let digits): digits
      case .float(let value): "\(value)"
      case .string(let text): "'\(text)'"
      case .bytes(let count): "\(count) bytes"
      case .emptyTuple: "()"
      case .emptyList: "[]"
      case .emptySet: "set()"
      case .emptyDictionary: "{}"
      case .object(let name): "an object of \(name)"
      }
    self.init(name: value.name, value: text)
  }
}

extension ModelKind {
  /// Commands and the keys or flags that take it.
  fileprivate var commands: [String] {
    switch self {
    case .predictor:
      [
        "flowturbo sample: predictor.weights", "flowturbo compare: predictor.weights",
        "train-refiner: teacher.weights", "flowturbo train-predictor: --initial",
      ]
    case .refiner:
      [
        "flowturbo sample: refiner.weights", "flowturbo compare: refiners.NAME.weights",
        "train-refiner: --initial",
      ]
    case .autoencoder:
      [
        "flowturbo encode: --vae or encode.vae.weights", "flowturbo sample: vae.weights",
        "flowturbo compare: vae.weights", "flowturbo train-vae: --initial",
      ]
    case .inception:
      ["flowturbo evaluate: --weights, for protocols adm, pytorch-fid, clean-fid and flowturbo"]
    case .features:
      [
        "flowturbo evaluate: --weights, for protocol features",
        "flowturbo compare: evaluation.weights", "flowturbo train-features: --initial",
      ]
    }
  }
}
