import CPNG
import CTurboJPEG
import Diagnostics
import Files

/// Encodes images; equal pixels and settings give equal bytes.
public enum ImageEncoder {
  /// Chroma samples per luma sample.
  public enum Subsampling: String, Sendable, CaseIterable {
    case s444, s422, s420

    fileprivate var code: TJSAMP {
      switch self {
      case .s444: TJSAMP_444
      case .s422: TJSAMP_422
      case .s420: TJSAMP_420
      }
    }
  }

  public static func png(_ image: RGBImage) throws -> [UInt8] {
    guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height)
    else { throw InputError("PNG: an image of \(image.width)x\(image.height) is too large") }
    var data: UnsafeMutablePointer<UInt8>?
    var size = 0
    do throws(ImageFault) {
      try PNGDecoding.withMessage { cpng_write_rgb(image.pixels, width, height, &data, &size, $0) }
    } catch {
      throw InputError("PNG: \(image.width)x\(image.height) not encoded: \(error.reason)")
    }
    defer { cpng_free(data) }
    return Array(UnsafeBufferPointer(start: data, count: size))
  }

  /// Baseline JPEG with the accurate DCT.
  /// - Parameter quality: 1...100.
  public static func jpeg(
    _ image: RGBImage, quality: Int = 95, subsampling: Subsampling = .s420
  ) throws -> [UInt8] {
    guard (1...100).contains(quality) else {
      throw InputError("JPEG quality", expected: "1...100", found: "\(quality)")
    }
    guard let encoder = tjInitCompress() else {
      throw InputError("JPEG: no memory for an encoder")
    }
    defer { tjDestroy(encoder) }
    var data: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let status = tjCompress2(
      encoder, image.pixels, Int32(clamping: image.width), 0, Int32(clamping: image.height),
      Int32(TJPF_RGB.rawValue), &data, &size, Int32(subsampling.code.rawValue), Int32(quality),
      TJFLAG_ACCURATEDCT)
    defer { tjFree(data) }
    guard status == 0 else {
      let reason = String(cString: tjGetErrorStr2(encoder))
      throw InputError("JPEG: \(image.width)x\(image.height) not encoded: \(reason)")
    }
    return Array(UnsafeBufferPointer(start: data, count: Int(size)))
  }

  /// Writes a PNG, whole or not at all.
  public static func writePNG(_ image: RGBImage, to path: String) throws {
    try AtomicFile.write(png(image), to: path)
  }

  /// Writes a JPEG, whole or not at all.
  /// - Parameter quality: 1...100.
  public static func writeJPEG(
    _ image: RGBImage, to path: String, quality: Int = 95, subsampling: Subsampling = .s420
  ) throws {
    try AtomicFile.write(jpeg(image, quality: quality, subsampling: subsampling), to: path)
  }
}
