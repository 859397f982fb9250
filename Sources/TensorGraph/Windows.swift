/// Pixels beyond both ends of one axis of an image.
public struct Padding: Hashable, Sendable {
  public let before: Int
  public let after: Int

  public init(before: Int, after: Int) {
    self.before = before
    self.after = after
  }

  public init(_ both: Int) { self.init(before: both, after: both) }

  public static let none = Padding(0)
}

/// Stride and zero padding of a two-dimensional convolution; the same stride on both axes.
public struct ConvolutionGeometry: Hashable, Sendable {
  public let stride: Int
  /// Above and below.
  public let rows: Padding
  /// To the left and to the right.
  public let columns: Padding

  public init(stride: Int = 1, rows: Padding = .none, columns: Padding = .none) {
    self.stride = stride
    self.rows = rows
    self.columns = columns
  }

  /// The same on both axes.
  public init(stride: Int = 1, before: Int, after: Int) {
    let padding = Padding(before: before, after: after)
    self.init(stride: stride, rows: padding, columns: padding)
  }

  /// A kernel of odd sides and stride 1 that keeps the image's size.
  public static func same(rows: Int, columns: Int) -> ConvolutionGeometry {
    ConvolutionGeometry(rows: Padding(rows / 2), columns: Padding(columns / 2))
  }

  /// Positions of a kernel along an axis of `size` pixels; none where it does not fit.
  func positions(_ size: Int, _ padding: Padding, kernel: Int) -> Int? {
    let room = size + padding.before + padding.after - kernel
    return room < 0 ? nil : room / stride + 1
  }
}

/// A square window that is moved over an image, and how far it reaches beyond its edges.
/// Pixels outside are not there: they are neither the largest nor do they count in an average.
public struct PoolingGeometry: Hashable, Sendable {
  /// Side of the window.
  public let window: Int
  public let stride: Int
  /// Pixels beyond each edge, fewer than the window's side: every position holds a pixel.
  public let padding: Int

  public init(window: Int, stride: Int, padding: Int = 0) {
    self.window = window
    self.stride = stride
    self.padding = padding
  }

  /// Positions of the window along an axis of `size` pixels; none where it does not fit.
  func positions(_ size: Int) -> Int? {
    let room = size + 2 * padding - window
    return room < 0 ? nil : room / stride + 1
  }
}
