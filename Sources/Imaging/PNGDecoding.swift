import CPNG

/// PNG by libpng, reduced to 8-bit RGB as Pillow's `convert('RGB')` does.
enum PNGDecoding {
  /// Width and height, which stand at fixed places: the header is always the first chunk.
  static func size(_ bytes: [UInt8]) throws(ImageFault) -> (width: Int, height: Int) {
    guard bytes.count >= 24, bytes[12..<16].elementsEqual("IHDR".utf8) else {
      throw ImageFault("a PNG without its header")
    }
    func number(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    return (number(16), number(20))
  }

  static func rgb(_ bytes: [UInt8]) throws(ImageFault) -> RGBImage {
    let (width, height) = try size(bytes)
    try ImageDecoder.checkSize(width, height)
    let count = 3 * width * height
    var fault: ImageFault?
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(ImageFault) {
        try withMessage {
          cpng_read_rgb(
            bytes, bytes.count, buffer.baseAddress, UInt32(width), UInt32(height), $0)
        }
      } catch {
        fault = error
      }
      filled = count
    }
    if let fault { throw fault }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// Runs a call of the shim and throws the text it leaves on failure.
  static func withMessage(
    _ call: (UnsafeMutablePointer<CChar>) -> Int32
  ) throws(ImageFault) {
    var message = [CChar](repeating: 0, count: Int(cpng_message_size))
    let status = message.withUnsafeMutableBufferPointer { call($0.baseAddress!) }
    guard status == 0 else {
      throw ImageFault(
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
  }
}
