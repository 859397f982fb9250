import Checkpoints
import Diagnostics
import Files
import Imaging
import Synchronization

/// The images of an npz: `arr_0`, uint8 of shape (N, H, W, 3), as ADM's evaluator takes them.
/// Memory is that of a few images, deflated or not.
struct NPZImages: ImageSequence {
  static let arrayName = "arr_0"

  let count: Int
  let width: Int
  let height: Int
  private let file: NPZFile

  /// - Throws: `InputError` where the array has another type or shape.
  init(_ file: NPZFile) throws {
    self.file = file
    let array = try file.info(Self.arrayName)
    let shape = array.shape
    guard array.type == .uint8, shape.count == 4, shape[3] == 3, shape.allSatisfy({ $0 > 0 }) else {
      throw InputError(
        "\(file.path): array '\(Self.arrayName)'",
        expected: "images (N, H, W, 3) of uint8, at least one",
        found: "\(array.type.rawValue) \(shape)")
    }
    (count, height, width) = (shape[0], shape[1], shape[2])
    guard width <= ImageDecoder.maximumPixels / height else {
      throw InputError(
        "\(file.path): array '\(Self.arrayName)'",
        expected: "images of at most \(ImageDecoder.maximumPixels) pixels",
        found: "\(width) x \(height)")
    }
  }

  func name(_ index: Int) -> String { "\(file.path): image \(index)" }

  private var imageBytes: Int { width * height * 3 }

  func contents(workers: Int, progress: (Int) throws -> Void) throws -> [ImageContent] {
    // To the end, so that the archive's checksum is verified.
    let reader = try file.reader(of: Self.arrayName)
    var pixels = [UInt8](repeating: 0, count: imageBytes)
    return try (0..<count).map { index in
      let digest = SHA256Digest()
      digest.update("\(width)x\(height)\n")
      try pixels.withUnsafeMutableBytes {
        try reader.read(into: $0)
        digest.update(UnsafeRawBufferPointer($0))
      }
      if (index + 1).isMultiple(of: 64) || index + 1 == count { try progress(index + 1) }
      return ImageContent(hash: digest.hexadecimal(), format: ImageContent.npz)
    }
  }

  func check(_ range: Range<Int>) throws { try file.file.check() }

  func decoder(_ range: Range<Int>) throws -> @Sendable (Int) -> Result<RGBImage, InputError> {
    if let place = file.plainRange(of: Self.arrayName) {
      return { index in
        Result(subject: name(index)) {
          let start = place.lowerBound + index * imageBytes
          return RGBImage(
            width: width, height: height,
            pixels: try file.file.bytes(start..<start + imageBytes))
        }
      }
    }
    let sequence = try InflatedImages(
      file.reader(of: Self.arrayName), imageBytes: imageBytes, from: range.lowerBound)
    return { index in
      Result(subject: name(index)) {
        RGBImage(width: width, height: height, pixels: try sequence.pixels(index))
      }
    }
  }
}

/// Images that can only be read one after the other, for threads that ask for them in nearly
/// that order: what one reads on its way is kept for the others.
private final class InflatedImages: Sendable {
  private struct State {
    var next: Int
    var waiting: [Int: [UInt8]] = [:]
    var failure: (any Error)?
    // Used under the lock alone.
    let reader: NPYReader
  }

  private let imageBytes: Int
  private let state: Mutex<State>

  init(_ reader: sending NPYReader, imageBytes: Int, from first: Int) throws {
    self.imageBytes = imageBytes
    try reader.skip(first * imageBytes)
    state = Mutex(State(next: first, reader: reader))
  }

  func pixels(_ index: Int) throws -> [UInt8] {
    try state.withLock { state in
      while state.next <= index {
        if let failure = state.failure { throw failure }
        var pixels = [UInt8](repeating: 0, count: imageBytes)
        do {
          try pixels.withUnsafeMutableBytes { try state.reader.read(into: $0) }
        } catch {
          // A reader that failed stands at no known place.
          state.failure = error
          throw error
        }
        state.waiting[state.next] = pixels
        state.next += 1
      }
      guard let pixels = state.waiting.removeValue(forKey: index) else {
        throw InputError("image \(index): expected to be read once, found asked for again")
      }
      return pixels
    }
  }
}
