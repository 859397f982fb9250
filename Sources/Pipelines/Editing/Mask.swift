// H × W pixels of an image as the networks see it.
import Diagnostics
import Imaging
import TensorGraph

/// Which part of an image is to be painted: 1 (white) to be painted, 0 (black) known, gray a mix.
struct Mask {
  /// The file of a mask.
  struct Source: Sendable, Equatable {
    let path: String
    let sha256: String
  }

  let side: Int
  /// (H, W), 0…1.
  let values: [Float]

  init(side: Int, values: [Float]) {
    precondition(values.count == side * side, "one value for each pixel")
    (self.side, self.values) = (side, values)
  }

  /// Reads a mask of an image and crops it as the image is cropped. Colours count by their mean.
  /// - Throws: `InputError` where its size is not the image's.
  init(_ path: String, of image: String, side: Int) throws {
    let mask = try ImageDecoder.decode(path: path)
    try Self.check(path, of: image)
    let crop = CenterCrop.apply(mask, size: side)
    self.init(
      side: side,
      values: (0..<side * side).map { pixel in
        let sum = crop.pixels[3 * pixel..<3 * pixel + 3].reduce(0) { $0 + Int($1) }
        return Float(sum) / (3 * 255)
      })
  }

  /// - Throws: `InputError` where the sizes of a mask and its image differ.
  static func check(_ path: String, of image: String) throws {
    let (own, other) = (
      try ImageDecoder.imageSize(path: path), try ImageDecoder.imageSize(path: image)
    )
    guard own == other else {
      throw InputError(
        path, expected: "a mask of \(other.width)x\(other.height) pixels, the size of \(image)",
        found: "\(own.width)x\(own.height)")
    }
  }

  /// The masks of images: one for all, or one for each in order.
  /// - Throws: `InputError` for another number and for sizes that differ.
  static func sources(_ masks: TaskImages, for images: TaskImages) throws -> [Source] {
    guard masks.count == 1 || masks.count == images.count else {
      throw InputError(
        "inpaint.masks", expected: "one mask, or one for each of \(images.count) images",
        found: "\(masks.count)")
    }
    return try images.entries.indices.map { index in
      let mask = masks.count == 1 ? 0 : index
      try check(masks.entries[mask].path, of: images.entries[index].path)
      return Source(path: masks.entries[mask].path, sha256: masks.hashes[mask])
    }
  }

  /// The mask of latents (C, h, w): the mean over the pixels of each, in all channels.
  func latents(_ shape: Shape) -> [Float] {
    let (height, width) = (shape[1], shape[2])
    let (tall, wide) = (side / height, side / width)
    var plane = [Float](repeating: 0, count: height * width)
    for y in 0..<height * tall {
      for x in 0..<width * wide { plane[y / tall * width + x / wide] += values[y * side + x] }
    }
    let area = Float(tall * wide)
    return Array(repeatElement(plane.map { $0 / area }, count: shape[0]).joined())
  }
}
