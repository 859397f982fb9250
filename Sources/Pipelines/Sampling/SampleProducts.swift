import Checkpoints
import Diagnostics
import Files
import Foundation
import Imaging
import Machine
import Sampling
import TensorGraph

/// What a sampling run writes: images and latents batch by batch, then the files that
/// hold all of them, in the order of the indices.
struct SampleProducts: Sendable {
  let folder: SampleFolder
  let write: SampleOutputs
  let batches: SampleBatches
  /// (C, h, w)
  let latentShape: Shape
  /// Sides of the images in pixels.
  let width: Int
  let height: Int
  let labels: @Sendable (Range<Int>) -> [Int32]
  let picture: @Sendable (_ image: (Int) throws -> RGBImage) throws -> RGBImage
  /// Stored with the latents, whose bytes it determines.
  let identity: [String: String]

  var needImages: Bool { write.needsImages }

  /// Removes what is made of all batches; they are about to be made again.
  func startOver() throws {
    for file in [folder.grid, folder.npz, folder.latents] + folder.others { try remove(file) }
  }

  // MARK: One batch

  /// Whether an earlier run has left the whole batch.
  func hold(_ batch: SampleBatches.Batch) -> Bool {
    (!write.latents || folder.hasLatents(batch, shape: latentShape)
      || folder.hasJoinedLatents(count: batches.indices.count, shape: latentShape))
      && (!needImages || folder.hasImages(batch, width: width, height: height))
  }

  /// - Parameters:
  ///   - images: those that are kept, none where no output needs them.
  ///   - latents: of the whole batch.
  func write(_ batch: SampleBatches.Batch, images: [RGBImage], latents: SampleLatents) throws {
    try folder.check()
    for (index, image) in zip(batch.kept, images) {
      // Not flushed one by one: a resumed run finds out which a power failure has damaged.
      try AtomicFile.write(ImageEncoder.png(image), to: folder.image(index), durable: false)
    }
    guard write.latents else { return }
    let length = latentShape.elementCount
    let rows = batch.keptRows
    try SafetensorsWriter.write(
      latents.stored.map { name, tensor in
        let values = withExtendedLifetime(tensor) {
          Array(tensor.floats[rows.lowerBound * length..<rows.upperBound * length])
        }
        return TensorRecord(name, shape: [rows.count] + latentShape.dimensions, floats: values)
      }, to: folder.latentPart(batch))
  }

  // MARK: All batches

  /// Whether a complete run's files are still there, images that were to be removed aside.
  var areThere: Bool {
    let files =
      (write.grid ? [folder.grid] : []) + (write.npz ? [folder.npz] : [])
      + (write.latents ? [folder.latents] : []) + folder.others
    return files.allSatisfy(FileManager.default.fileExists(atPath:))
      && (!write.png
        || batches.all.allSatisfy { folder.hasImages($0, width: width, height: height) })
  }

  func finish(_ observe: PipelineObserver) throws {
    let count = batches.indices.count
    try folder.check()
    if write.grid {
      try writeGrid()
      observe(.note("grid: \(folder.grid)"))
    }
    if write.npz {
      try writeNPZ(observe)
      observe(.note("npz: \(folder.npz), arr_0 (\(count), \(height), \(width), 3)"))
    }
    if write.latents {
      if !folder.hasJoinedLatents(count: count, shape: latentShape) { try joinLatents() }
      observe(.note("latents: \(folder.latents)"))
    }
    if write.png {
      observe(.note("images: \(folder.images), \(count) PNGs of \(width)x\(height)"))
    }
  }

  /// Removes what the products were made of; only once the manifest says that they are complete,
  /// as a run killed in between would have to draw all of it again.
  func tidy() throws {
    try remove(folder.latentParts)
    if !write.png { try remove(folder.images) }
  }

  private func writeNPZ(_ observe: PipelineObserver) throws {
    let indices = batches.indices
    try NPZWriter.write(to: folder.npz, shape: [indices.count, height, width, 3]) { npz in
      let images = OrderedPrefetch(
        indices, workers: Threads.count, lookahead: 4 * Threads.count
      ) { [folder] index in
        Result { try ImageDecoder.decode(path: folder.image(index)).pixels }
      }
      while let (index, pixels) = images.next() {
        try npz.append(pixels.get())
        let done = index - indices.lowerBound + 1
        if done.isMultiple(of: 100) || done == indices.count {
          observe(.progress(stage: "npz", done: done, total: indices.count, detail: "images"))
        }
      }
    }
  }

  private func writeGrid() throws {
    try ImageEncoder.writePNG(
      picture { try ImageDecoder.decode(path: folder.image($0)) }, to: folder.grid)
  }

  private func joinLatents() throws {
    let indices = batches.indices
    var names: [String] = []
    if let first = batches.all.first(where: { _ in true }) {
      names = try SafetensorsFile(path: folder.latentPart(first)).names
    }
    let joined = names.map { name in
      TensorRecord(name, shape: [indices.count] + latentShape.dimensions) { put in
        for batch in batches.all {
          try put(SafetensorsFile(path: folder.latentPart(batch)).floats(name))
        }
      }
    }
    try SafetensorsWriter.write(
      joined + [
        TensorRecord(
          SampleTensors.labels, shape: [indices.count],
          integers: labels(indices).map(Int64.init)),
        TensorRecord(
          SampleTensors.indices, shape: [indices.count], integers: indices.map(Int64.init)),
      ],
      metadata: identity, to: folder.latents)
  }

  private func remove(_ folder: String) throws {
    guard FileManager.default.fileExists(atPath: folder) else { return }
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      throw InputError("\(folder): cannot be removed: \(error.localizedDescription)")
    }
  }
}
