import Diagnostics

/// Pictures of one size set in rows and columns.
public enum ImageGrid {
  /// Joins `images`, row by row, into a grid of `columns` columns with `gap` pixels of
  /// `background` between neighbours. A last row that is short is filled with background.
  /// - Throws: `InputError` when there is no image, no column or the sizes differ.
  public static func join(
    _ images: [RGBImage], columns: Int, gap: Int = 2, background: UInt8 = 255
  ) throws -> RGBImage {
    guard let first = images.first, columns > 0, gap >= 0 else {
      throw InputError(
        "image grid", expected: "at least one image, one column and a gap of 0 or more",
        found: "\(images.count) images, \(columns) columns, gap \(gap)")
    }
    let (width, height) = (first.width, first.height)
    if let other = images.first(where: { $0.width != width || $0.height != height }) {
      throw InputError(
        "image grid", expected: "images of one size, \(width)x\(height)",
        found: "one of \(other.width)x\(other.height)")
    }
    let rows = (images.count + columns - 1) / columns
    let gridWidth = columns * width + (columns - 1) * gap
    let gridHeight = rows * height + (rows - 1) * gap
    var pixels = [UInt8](repeating: background, count: 3 * gridWidth * gridHeight)
    for (index, image) in images.enumerated() {
      let left = (index % columns) * (width + gap)
      let top = (index / columns) * (height + gap)
      for y in 0..<height {
        let target = 3 * ((top + y) * gridWidth + left)
        pixels.replaceSubrange(
          target..<target + 3 * width, with: image.pixels[3 * width * y..<3 * width * (y + 1)])
      }
    }
    return RGBImage(width: gridWidth, height: gridHeight, pixels: pixels)
  }
}
