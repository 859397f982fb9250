/// The square centre crop of guided diffusion (ADM), which DiT, SiT and FlowTurbo share.
///
/// Halve with a box filter while the shorter side is at least twice `size`, scale the
/// shorter side to `size` with one bicubic resize, cut out the middle.
public enum CenterCrop {
  /// - Precondition: `size` is positive.
  public static func apply(_ image: RGBImage, size: Int) -> RGBImage {
    let crop = apply(PixelArray(image), size: size)
    return RGBImage(width: size, height: size, pixels: crop.pixels)
  }

  /// The same for any number of channels.
  public static func apply(_ image: PixelArray, size: Int) -> PixelArray {
    precondition(size > 0)
    var image = image
    while min(image.width, image.height) / 2 >= size {
      image = Resampling.resize(
        image, width: image.width / 2, height: image.height / 2, filter: .box)
    }
    let scale = Double(size) / Double(min(image.width, image.height))
    func scaled(_ side: Int) -> Int { Int((Double(side) * scale).rounded(.toNearestOrEven)) }
    let (width, height) = (scaled(image.width), scaled(image.height))
    let (left, top) = ((width - size) / 2, (height - size) / 2)
    return Resampling.resize(
      image, width: width, height: height, columns: left..<left + size, rows: top..<top + size,
      .bicubic)
  }
}
