import CTurboJPEG

/// JPEG by TurboJPEG, with the choices that Pillow makes: slow integer inverse DCT,
/// smooth chroma upsampling, EXIF orientation ignored, CMYK files taken for Photoshop's.
enum JPEGDecoding {
  static func rgb(_ bytes: [UInt8]) throws(ImageFault) -> RGBImage {
    let header = try wholeHeader(bytes)
    if header.components == 4 {
      return CMYK.rgb(try cmyk(bytes, header))
    }
    let pixels = try samples(bytes, header, format: TJPF_RGB, channels: 3)
    return RGBImage(width: header.width, height: header.height, pixels: pixels)
  }

  /// The samples of a CMYK or YCCK file with 0 = no ink; nil for other files.
  static func cmyk(_ bytes: [UInt8]) throws(ImageFault) -> PixelArray? {
    let header = try wholeHeader(bytes)
    return header.components == 4 ? try cmyk(bytes, header) : nil
  }

  private static func cmyk(
    _ bytes: [UInt8], _ header: JPEGHeader
  ) throws(ImageFault) -> PixelArray {
    var ink = try samples(bytes, header, format: TJPF_CMYK, channels: 4)
    // Photoshop stores ink inverted, and Pillow takes every file for one of Photoshop's.
    ink.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] = ~$0[i] } }
    return PixelArray(width: header.width, height: header.height, channels: 4, pixels: ink)
  }

  private static func wholeHeader(_ bytes: [UInt8]) throws(ImageFault) -> JPEGHeader {
    let header = JPEGHeader(bytes, wholeFile: true)
    // The size first: a claim of four thousand million pixels is the better reason to name.
    if header.components > 0 { try ImageDecoder.checkSize(header.width, header.height) }
    guard header.isComplete else { throw .truncated }
    guard [1, 3, 4].contains(header.components) else {
      throw ImageFault("a JPEG of \(header.components) components")
    }
    return header
  }

  private static func samples(
    _ bytes: [UInt8], _ header: JPEGHeader, format: TJPF, channels: Int
  ) throws(ImageFault) -> [UInt8] {
    let (samples, isWhole) = try decode(bytes, header, format, channels, fill: nil)
    // Warnings (stray bytes, a damaged segment) leave a whole picture, which Pillow accepts too.
    // But once a warning has been given, TurboJPEG calls an error that ended the decoding one as
    // well: then rows are as they were before.
    guard !isWhole else { return samples }
    let (dark, _) = try decode(bytes, header, format, channels, fill: 0)
    let (bright, _) = try decode(bytes, header, format, channels, fill: 0xFF)
    guard dark == bright else {
      throw ImageFault("a damaged JPEG, of which some rows cannot be decoded")
    }
    return dark
  }

  /// - Parameter fill: what samples hold that the decoder does not write; nil for anything.
  /// - Returns: the samples, and whether they were decoded without a warning.
  private static func decode(
    _ bytes: [UInt8], _ header: JPEGHeader, _ format: TJPF, _ channels: Int, fill: UInt8?
  ) throws(ImageFault) -> (samples: [UInt8], isWhole: Bool) {
    guard let decoder = tjInitDecompress() else { throw ImageFault("no memory to decode it") }
    defer { tjDestroy(decoder) }
    let count = header.width * header.height * channels
    var status: Int32 = -1
    let samples = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      if let fill { buffer.initialize(repeating: fill) }
      status = tjDecompress2(
        decoder, bytes, UInt(bytes.count), buffer.baseAddress, Int32(header.width), 0,
        Int32(header.height), Int32(format.rawValue), TJFLAG_LIMITSCANS)
      filled = count
    }
    guard status == 0 || tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) else {
      throw ImageFault(String(cString: tjGetErrorStr2(decoder)))
    }
    return (samples, status == 0)
  }
}
