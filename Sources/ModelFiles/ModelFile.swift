import Checkpoints
import Diagnostics
import Files
import Foundation

/// A file that models are taken from, or a folder of diffusers, open for reading.
///
/// Files come in every container that `TensorFiles` opens, and hold weights bare, below
/// `model` and `ema`, or below any other name; what an optimiser left beside them is passed
/// over. Nothing is read but descriptions until ``read(_:)`` is called.
public struct ModelFile: Sendable {
  /// As it was given: a file or a folder.
  public let path: String
  public let file: any TensorFile
  /// Tensors that lie together, in the order of their containers.
  public let groups: [TensorGroup]
  /// Where a `config.json` of diffusers may describe an autoencoder.
  private let description: (path: String, isRequired: Bool)?
  /// How the file was found, a phrase each.
  let notes: [String]

  /// - Throws: `InputError` where nothing is there or it cannot be read.
  public init(path: String) throws {
    self.path = path
    let place = try ModelPlace(path)
    file = try TensorFiles.open(place.file)
    notes = place.notes
    groups = TensorGroup.groups(of: file)
    // A file of ours says itself what it is.
    let isSelfDescribed = file.metadata[ModelMetadata.model] != nil && !place.isFolder
    description = isSelfDescribed ? nil : place.configuration.map { ($0, place.isFolder) }
    // A folder is an autoencoder's because its config.json says so.
    if place.isFolder { _ = try diffusers }
  }

  /// A file that is open already.
  init(_ file: any TensorFile) {
    (path, self.file, notes, description) = (file.path, file, [], nil)
    groups = TensorGroup.groups(of: file)
  }

  /// What diffusers says of the autoencoder in the file; read only when one is asked for, as
  /// the file may be another model's and lie beside it by chance.
  /// - Throws: `InputError` where it is damaged or asks for what is not implemented.
  var diffusers: DiffusersConfiguration? {
    get throws {
      try description.flatMap {
        try DiffusersConfiguration(path: $0.path, isRequired: $0.isRequired)
      }
    }
  }

  /// SHA-256 of the file of the weights.
  public func sha256() throws -> String { try FileHash.sha256(of: file.file) }

  /// The kind that the file says its model is of.
  var statedKind: ModelKind? { file.metadata[ModelMetadata.kind].flatMap(ModelKind.init) }
}

/// Where a model's weights lie.
struct ModelPlace {
  let file: String
  /// The `config.json` that may describe them.
  let configuration: String?
  let isFolder: Bool
  let notes: [String]

  private static let stem = "diffusion_pytorch_model"
  /// What diffusers calls weights, the best first: safetensors can run nothing, and weights
  /// of 16 bits are rounded.
  private static let names = [
    "\(stem).safetensors", "\(stem).bin", "\(stem).fp16.safetensors", "\(stem).fp16.bin",
  ]

  init(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(path, expected: "a file of weights or a folder", found: "nothing")
    }
    self.isFolder = isFolder.boolValue
    guard isFolder.boolValue else {
      file = path
      let folder = (path as NSString).deletingLastPathComponent
      let beside = (folder as NSString).appendingPathComponent("config.json")
      configuration = FileManager.default.fileExists(atPath: beside) ? beside : nil
      notes = []
      return
    }
    // A whole pipeline keeps its autoencoder in `vae`.
    let inside = (path as NSString).appendingPathComponent("vae")
    let isPipeline =
      !Self.isThere("config.json", in: path) && Self.isThere("config.json", in: inside)
    let folder = isPipeline ? inside : path
    guard let name = Self.names.first(where: { Self.isThere($0, in: folder) }) else {
      let sharded = Self.isThere("\(Self.stem).safetensors.index.json", in: folder)
      let found = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
      throw InputError(
        folder, expected: "a file, or a folder of diffusers with \(Self.names[0]) or .bin",
        found: sharded
          ? "weights in several files" : found.isEmpty ? "an empty folder" : Self.list(found),
        remedy: sharded ? "save them in one" : "name the file of the weights")
    }
    guard Self.isThere("config.json", in: folder) else {
      throw InputError(
        folder, expected: "config.json beside \(name)", found: "none",
        remedy: "copy it too, or name the file alone")
    }
    file = (folder as NSString).appendingPathComponent(name)
    configuration = (folder as NSString).appendingPathComponent("config.json")
    notes = isPipeline ? ["the folder 'vae' of a pipeline"] : []
  }

  private static func isThere(_ name: String, in folder: String) -> Bool {
    FileManager.default.fileExists(atPath: (folder as NSString).appendingPathComponent(name))
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }
}
