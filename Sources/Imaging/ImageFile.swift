import Foundation

/// Image files are told apart by their first bytes; names lie (ImageNet holds a PNG
/// called .JPEG).
public enum ImageFormat: String, Sendable, CaseIterable {
  case jpeg, png

  /// - Parameter bytes: the first eight or more of a file.
  public init?(signature bytes: some Sequence<UInt8>) {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else {
      return nil
    }
  }
}

/// Why bytes are no image; callers add the file's name.
struct ImageFault: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
  static let truncated = ImageFault("image file is truncated")
}

/// The bytes of an image file that is open for reading.
final class ImageFile {
  let format: ImageFormat
  let size: Int
  private let descriptor: Int32

  /// Compressed bytes beyond this cannot be an image within ``ImageDecoder/maximumPixels``.
  static let maximumBytes = 1 << 31

  init(path: String) throws(ImageFault) {
    // O_NONBLOCK: a pipe of that name must not hang the reader.
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw ImageFault(String(cString: strerror(errno))) }
    do throws(ImageFault) {
      var status = stat()
      guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw ImageFault("not a regular file")
      }
      size = Int(status.st_size)
      guard size > 0 else { throw ImageFault("an empty file") }
      guard size <= ImageFile.maximumBytes else { throw ImageFault("a file of \(size) bytes") }
      guard let format = ImageFormat(signature: try ImageFile.read(file, count: min(8, size)))
      else { throw ImageFault("neither the signature of JPEG nor that of PNG") }
      self.format = format
      descriptor = file
    } catch {
      close(file)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// The first `count` bytes, or all of them.
  func bytes(_ count: Int = .max) throws(ImageFault) -> [UInt8] {
    try ImageFile.read(descriptor, count: min(count, size))
  }

  private static func read(_ file: Int32, count: Int) throws(ImageFault) -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(file, buffer.baseAddress! + filled, count - filled, off_t(filled))
        if got > 0 {
          filled += got
        } else if got == 0 || errno != EINTR {
          break
        }
      }
    }
    guard bytes.count == count else { throw ImageFault("unreadable after \(bytes.count) bytes") }
    return bytes
  }
}
