import Diagnostics
import Imaging

/// Which samples a picture of samples shows, and where: a row per class where classes are
/// few, else the first samples in order. Its sides are bounded however many there are.
struct GridLayout: Equatable {
  /// Sample indices row by row; nil leaves a place empty.
  let cells: [Int?]
  let columns: Int

  static let maximumColumns = 16
  /// Of a picture's sides, in pixels; one image is shown at any size.
  static let maximumSide = 4096
  static let gap = 2
  /// Samples that are looked at for their class.
  private static let searched = 100_000

  /// - Parameters:
  ///   - width: of one image, in pixels, and its `height`.
  ///   - label: classes of samples.
  init(indices: Range<Int>, width: Int, height: Int, label: (Range<Int>) -> [Int32]) {
    let widest = max(1, min(Self.maximumColumns, Self.maximumSide / (width + Self.gap)))
    let highest = max(1, Self.maximumSide / (height + Self.gap))
    let searched = indices.prefix(Self.searched)
    var rows: [Int32: [Int]] = [:]
    for (index, label) in zip(searched, label(searched)) {
      rows[label, default: []].append(index)
    }
    if rows.count > 1, rows.count <= min(32, highest) {
      let columns = min(widest, rows.values.map(\.count).max() ?? 1)
      cells = rows.sorted { $0.key < $1.key }.flatMap { _, row in
        (0..<columns).map { $0 < row.count ? row[$0] : nil }
      }
      self.columns = columns
    } else {
      let square = Int(Double(indices.count).squareRoot().rounded(.up))
      columns = min(widest, square)
      cells = Array(indices.prefix(columns * min(highest, Self.maximumColumns)))
    }
  }

  func join(_ image: (Int) throws -> RGBImage) throws -> RGBImage {
    let images = try cells.map { try $0.map(image) }
    guard let first = images.lazy.compactMap({ $0 }).first else {
      throw InputError("image grid: no images")
    }
    let blank = RGBImage(
      width: first.width, height: first.height,
      pixels: Array(repeating: 255, count: first.pixels.count))
    return try ImageGrid.join(images.map { $0 ?? blank }, columns: columns, gap: Self.gap)
  }
}
