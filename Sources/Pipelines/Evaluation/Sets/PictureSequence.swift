import Diagnostics
import Files
import Imaging

/// Images in memory: few ones, as soon as they are made.
struct PictureSequence: ImageSequence {
  let images: [RGBImage]

  var count: Int { images.count }

  func name(_ index: Int) -> String { "image \(index)" }

  func contents(workers: Int, progress: (Int) throws -> Void) -> [ImageContent] {
    images.map { image in
      let digest = SHA256Digest()
      digest.update("\(image.width)x\(image.height)\n")
      image.pixels.withUnsafeBytes { digest.update($0) }
      return ImageContent(hash: digest.hexadecimal(), format: "memory")
    }
  }

  func decoder(_ range: Range<Int>) -> @Sendable (Int) -> Result<RGBImage, InputError> {
    { [images] in .success(images[$0]) }
  }
}
