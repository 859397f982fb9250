import Diagnostics

/// Reads JPEG and PNG files as Pillow's `Image.open(path).convert("RGB")` does.
///
/// The content decides which of the two a file is, never its name. JPEG: baseline and
/// progressive; grayscale, RGB, YCbCr, CMYK and YCCK; EXIF orientation ignored. PNG:
/// every colour type and depth, interlaced too; alpha dropped, gamma ignored.
///
/// Every call throws `InputError` naming the file and the reason: truncated, corrupt or
/// empty files, other formats, sizes of zero and claims above ``maximumPixels``.
public enum ImageDecoder {
  /// Pillow's bound on decompression bombs: twice the pixels of a quarter gibibyte of RGB.
  public static let maximumPixels = 178_956_970

  public static func decode(path: String) throws -> RGBImage {
    try naming(path) { () throws(ImageFault) in
      let file = try ImageFile(path: path)
      let bytes = try file.bytes()
      switch file.format {
      case .jpeg: return try JPEGDecoding.rgb(bytes)
      case .png: return try PNGDecoding.rgb(bytes)
      }
    }
  }

  /// The samples of a CMYK or YCCK JPEG before their conversion, (height, width, 4) with
  /// 0 = no ink; nil when the file is an image of another kind.
  public static func decodeCMYK(path: String) throws -> PixelArray? {
    try naming(path) { () throws(ImageFault) in
      let file = try ImageFile(path: path)
      switch file.format {
      case .jpeg: return try JPEGDecoding.cmyk(try file.bytes())
      case .png: return nil
      }
    }
  }

  /// Width and height from the file's header; the pixels are not looked at.
  public static func imageSize(path: String) throws -> (width: Int, height: Int) {
    try naming(path) { () throws(ImageFault) in
      let file = try ImageFile(path: path)
      let size: (width: Int, height: Int)
      switch file.format {
      case .png: size = try PNGDecoding.size(try file.bytes(24))
      case .jpeg:
        // EXIF and colour profiles may push the frame header far into the file.
        var header = JPEGHeader(try file.bytes(1 << 16), wholeFile: false)
        if header.components == 0 { header = JPEGHeader(try file.bytes(), wholeFile: false) }
        guard header.components > 0 else { throw .truncated }
        size = (header.width, header.height)
      }
      try checkSize(size.width, size.height)
      return size
    }
  }

  static func checkSize(_ width: Int, _ height: Int) throws(ImageFault) {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, (1...maximumPixels).contains(pixels) else {
      throw ImageFault("a claim of \(width)x\(height) pixels (limit \(maximumPixels))")
    }
  }

  private static func naming<Result>(
    _ path: String, _ body: () throws(ImageFault) -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch {
      throw InputError(path, expected: "a whole JPEG or PNG image", found: error.reason)
    }
  }
}
