import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import ModelFiles

/// Which of a file's sets of weights `flowturbo convert` writes.
public enum ConvertedSets: String, Sendable, CaseIterable {
  case ema, raw
  /// Both, below `ema/` and `model/`.
  case all
}

/// What `flowturbo convert` is told of a model that its file leaves open.
public struct ConvertedModel: Sendable, Equatable, ConfigurationSchema {
  public var model: StatedNetwork?
  public var autoencoder: StatedAutoencoder?

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.section("model", &model)
    try table.section("autoencoder", &autoencoder)
  }
}

/// `flowturbo convert`: weights of any origin to a safetensors file that says what it is.
public struct Convert {
  public let input: String
  public let output: String
  /// nil takes averages where the file has some.
  public var sets: ConvertedSets?
  /// What floats are stored as; nil as they are.
  public var storage: FloatStorage?
  /// Whether names stay as they are, and everything is written unless ``sets`` says less.
  public var keepsNames = false
  /// Whether a file that is there may be replaced.
  public var isForced = false
  public var stated = ConvertedModel()
  let observe: PipelineObserver

  public init(input: String, output: String, observe: @escaping PipelineObserver) {
    self.input = input
    self.output = output
    self.observe = observe
  }

  public func run() throws {
    guard output.hasSuffix(".safetensors") else {
      throw InputError(output, expected: "a name ending in .safetensors", found: "another")
    }
    guard isForced || !FileManager.default.fileExists(atPath: output) else {
      throw InputError(
        output, expected: "no file of this name", found: "one",
        remedy: "choose another name, or replace it with --force")
    }
    let file = try ModelFile(path: input)
    let choice = sets.flatMap { WeightChoice(rawValue: $0.rawValue) }
    guard let kind = file.likelyKind else {
      guard choice == nil else {
        throw InputError(
          file.file.path, expected: "a model whose sets of weights can be told", found: "none",
          remedy: "leave out --weights to copy every tensor")
      }
      observe(
        .warning("\(file.file.path): no model that is known here: every tensor keeps its name"))
      return try copy(file)
    }
    guard keepsNames else { return try convert(file, kind, choice) }
    guard let choice else { return try copy(file) }
    try write(file.recordsAsNamed(kind, choice, as: storage), of: file)
  }

  /// Writes a model that is known under today's names.
  private func convert(_ file: ModelFile, _ kind: ModelKind, _ choice: WeightChoice?) throws {
    func select(_ choice: WeightChoice?) throws -> ModelSelection {
      try file.selection(
        kind, choice, network: stated.model, autoencoder: stated.autoencoder)
    }
    let first = try select(choice)
    let origin = try file.origin(of: first)
    observe(.note(origin.summary))
    var metadata = try ModelMetadata.describing(first.shape)
    metadata[Self.notes] = origin.notes.isEmpty ? nil : origin.notes.joined(separator: "; ")
    guard sets == .all, first.isOneOfSeveral else {
      metadata[ModelMetadata.weights] = first.taken?.rawValue
      return try write(first.records(of: file, as: storage), of: file, metadata)
    }
    let records = try [(WeightChoice.ema, "ema/"), (.raw, "model/")].flatMap {
      try select($0).records(of: file, in: $1, as: storage)
    }
    try write(records, of: file, metadata)
  }

  /// Copies every tensor under its name.
  private func copy(_ file: ModelFile) throws {
    try write(
      file.file.names.map {
        try TensorRecord($0, copying: $0, of: file.file, as: storage)
      }, of: file)
  }

  private static let notes = "notes"

  /// - Parameter described: what the new file says of its model; empty where it says what
  ///   the old one did.
  private func write(
    _ records: [TensorRecord], of file: ModelFile, _ described: [String: String] = [:]
  ) throws {
    // What PyTorch says beside weights is about its own container.
    var metadata = file.file.format == .safetensors ? file.file.metadata : [:]
    for key in [ModelMetadata.kind, ModelMetadata.model, ModelMetadata.weights, Self.notes]
    where !described.isEmpty {
      metadata[key] = described[key]
    }
    metadata["format"] = "pt"
    metadata["source"] = (file.file.path as NSString).lastPathComponent
    metadata["source_sha256"] = try file.sha256()
    metadata["converted_by"] = "flowturbo \(Toolkit.version)"
    AtomicFile.removeLeftoversOfTheDead(of: output)
    try SafetensorsWriter.write(records, metadata: metadata, to: output)
    observe(
      .note(
        "\(output): \(records.count) tensor\(records.count == 1 ? "" : "s"), "
          + Amounts.bytes(try ReadOnlyFile(output).size)))
  }
}
