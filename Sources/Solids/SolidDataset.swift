import Diagnostics
import Files
import Foundation
import Synchronization

/// The rendered quickstart set: any number of images of ten solids, image k of
/// class c determined by (seed, c, k) alone.
public enum SolidDataset {
  /// Image counts a class may have: numbers in file names have six digits.
  public static let imagesPerClass = 1...1_000_000

  /// Turns RGB bytes, (height, width, 3), into a JPEG file's bytes.
  public typealias Encode =
    @Sendable (_ pixels: [UInt8], _ width: Int, _ height: Int) throws -> [UInt8]

  /// Counts of files so far; `written` excludes those that were there already.
  public struct Progress: Sendable, Equatable {
    public let done: Int
    public let total: Int
    public let written: Int
  }

  /// One image without a file.
  /// - Returns: RGB bytes, (size, size, 3). Throws `InputError` for a size
  ///   outside ``SolidRenderer/sizes``.
  public static func image(class solid: SolidClass, index: UInt32, seed: UInt64, size: Int) throws
    -> [UInt8]
  {
    try SolidRenderer(size: size).render(
      SolidScene(solid: solid, seed: seed, index: index))
  }

  /// `<class>/<class>_000017.jpeg`, relative to the folder of the set.
  public static func fileName(class solid: SolidClass, index: Int) -> String {
    let digits = String(index)
    let padding = String(repeating: "0", count: max(0, 6 - digits.count))
    return "\(solid.rawValue)/\(solid.rawValue)_\(padding)\(digits).jpeg"
  }

  /// Renders a set into `folder`, one folder per class, and writes `dataset.json` last.
  ///
  /// Files that are there already are kept, so an interrupted call is continued by
  /// repeating it. A folder begun with other parameters is refused with an `InputError`.
  ///
  /// - Parameters:
  ///   - workers: threads, at least 1; the bytes do not depend on it.
  ///   - encode: called on several threads at once.
  ///   - observe: called after every file, by one thread at a time; throwing
  ///     from it stops the rendering and is passed on.
  public static func render(
    _ parameters: Parameters, to folder: String, workers: Int, encode: @escaping Encode,
    observe: @escaping @Sendable (Progress) throws -> Void = { _ in }
  ) throws {
    let renderer = try SolidRenderer(size: parameters.size)
    let lock = try RunLock(directory: folder)
    defer { lock.release() }
    for name in [markerName, beginningName] {
      AtomicFile.removeLeftovers(of: folder + "/" + name)
    }
    try check(folder, against: parameters)
    if try completed(in: folder) == nil {
      try write(parameters, to: folder + "/" + beginningName)
    }
    for solid in parameters.classes {
      try removeRemnants(in: folder + "/" + solid.rawValue)
    }

    let total = parameters.classes.count * parameters.perClass
    let state = Mutex(State())
    DispatchQueue.concurrentPerform(iterations: min(max(workers, 1), 256, total)) { _ in
      while let number = state.withLock({ $0.take(of: total) }) {
        let solid = parameters.classes[number / parameters.perClass]
        let index = number % parameters.perClass
        let path = folder + "/" + fileName(class: solid, index: index)
        do {
          let isNew = !holdsBytes(path)
          if isNew {
            let pixels = renderer.render(
              SolidScene(solid: solid, seed: parameters.seed, index: UInt32(index)))
            let bytes = try encode(pixels, parameters.size, parameters.size)
            try lock.check()
            try AtomicFile.write(bytes, to: path, durable: false)
          }
          try state.withLock { try observe($0.finished(isNew: isNew, of: total)) }
        } catch {
          state.withLock { $0.failure = $0.failure ?? error }
        }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }

    try lock.check()
    // The marker vouches for all files, so they go to the disk before it.
    sync()
    try write(parameters, to: folder + "/" + markerName)
    unlink(folder + "/" + beginningName)
  }

  private struct State {
    private var next = 0
    private var done = 0
    private var written = 0
    var failure: (any Error)?

    mutating func take(of total: Int) -> Int? {
      guard failure == nil, next < total else { return nil }
      defer { next += 1 }
      return next
    }

    mutating func finished(isNew: Bool, of total: Int) -> Progress {
      done += 1
      written += isNew ? 1 : 0
      return Progress(done: done, total: total, written: written)
    }
  }

  /// A file that a power failure emptied counts as missing.
  private static func holdsBytes(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_size > 0
  }

  /// Temporary files of a killed run are no images.
  private static func removeRemnants(in folder: String) throws {
    try AtomicFile.makeDirectory(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.contains(".jpeg.tmp-") {
      unlink(folder + "/" + name)
    }
  }
}
