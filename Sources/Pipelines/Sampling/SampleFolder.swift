import Checkpoints
import Diagnostics
import Files
import Foundation
import Imaging
import Machine
import Synchronization
import TensorGraph
import Training

/// The folder of a sampling run:
///
///     manifest.json              everything that determined the samples
///     images/000017.png          by sample index
///     latents/000016.safetensors one batch, by its first index, until all are joined
///     latents.safetensors, samples.npz, grid.png
///
/// One process at a time works in it.
final class SampleFolder: Sendable {
  let path: String
  private let files: SampleFileNames
  private let lock: RunLock

  /// - Throws: `InputError` where another process works in the folder, or where it holds
  ///   samples of another identity or files that no run has left.
  init(_ path: String, identity: RunIdentity, files: SampleFileNames = .init()) throws {
    self.path = path
    self.files = files
    lock = try RunLock(directory: path)
    if let manifest = try SampleManifest.read(in: path) {
      try RunIdentity(manifest.identity).check(
        identity, path: "\(path)/\(SampleManifest.fileName)")
    } else if let first = (try? FileManager.default.contentsOfDirectory(atPath: images))?.first {
      throw InputError(
        path, expected: "a new folder or one of an earlier run", found: "images/\(first)",
        remedy: "choose another output folder")
    }
    for folder in [path, images, latentParts] { AtomicFile.removeLeftovers(in: folder) }
  }

  /// - Throws: `InputError` where the folder is no longer the one that the run began in.
  func check() throws { try lock.check() }

  var images: String { "\(path)/images" }
  var latentParts: String { "\(path)/latents" }
  var grid: String { "\(path)/\(files.picture)" }
  var npz: String { "\(path)/samples.npz" }
  /// What the run's source writes.
  var others: [String] { files.others.map { "\(path)/\($0)" } }
  var latents: String { "\(path)/\(files.latents)" }

  func image(_ index: Int) -> String { "\(images)/\(number(index)).png" }
  func latentPart(_ batch: SampleBatches.Batch) -> String {
    "\(latentParts)/\(number(batch.kept.lowerBound)).safetensors"
  }

  private func number(_ index: Int) -> String { String(format: "%06ld", index) }

  /// Whether every image of the batch can be read and has the right size.
  func hasImages(_ batch: SampleBatches.Batch, width: Int, height: Int) -> Bool {
    let isWhole = Atomic<Bool>(true)
    Threads.forEach(batch.kept.count) { row in
      let path = image(batch.kept.lowerBound + row)
      let image =
        isWhole.load(ordering: .relaxed) && FileManager.default.fileExists(atPath: path)
        ? try? ImageDecoder.decode(path: path) : nil
      if image?.width != width || image?.height != height {
        isWhole.store(false, ordering: .relaxed)
      }
    }
    return isWhole.load(ordering: .relaxed)
  }

  func hasLatents(_ batch: SampleBatches.Batch, shape: Shape) -> Bool {
    Self.holdsLatents(latentPart(batch), count: batch.kept.count, shape: shape)
  }

  func hasJoinedLatents(count: Int, shape: Shape) -> Bool {
    Self.holdsLatents(latents, count: count, shape: shape)
  }

  private static func holdsLatents(_ path: String, count: Int, shape: Shape) -> Bool {
    guard FileManager.default.fileExists(atPath: path),
      let tensor = try? SafetensorsFile(path: path).info(SampleTensors.latents)
    else { return false }
    return tensor.shape == [count] + shape.dimensions && tensor.type == .float32
  }
}

/// Names of the tensors in files of latents.
enum SampleTensors {
  /// (N, C, h, w), in the predictor's scale: divide by the manifest's `vaeScale` to decode.
  static let latents = "latents"
  /// (N, C, h, w), the latents at t = 0 of images that were inverted.
  static let noise = "noise"
  /// (N, C, h, w), the latents of images, the posterior's means.
  static let encoded = "encoded"
  /// (N)
  static let labels = "labels"
  /// (N)
  static let indices = "indices"
}
