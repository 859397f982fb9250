import CResampling
import Diagnostics

/// How an image becomes what Inception is shown. The ways differ visibly in the features
/// (0.055 between ``adm`` and ``pytorchFID``), so that results of two are never compared.
///
/// Every way ends in floats of about −1…1, (side, side, 3) row-major, as the engine's
/// convolutions take them.
public enum FeatureInput: String, Sendable, CaseIterable {
  /// ADM's evaluator, a TensorFlow 1 graph: 0…255, bilinear without half-pixel centres,
  /// then (x − 128)/128.
  case adm
  /// pytorch-fid: 0…1, bilinear with half-pixel centres and no antialiasing, then 2x − 1.
  case pytorchFID = "pytorch-fid"
  /// clean-fid: Pillow's antialiased bicubic filter on floats, cut off to 0…255, then
  /// (x − 128)/128.
  case cleanFID = "clean-fid"

  /// Writes an 8-bit image.
  /// - Precondition: `target` holds `side · side · 3` floats, `side` is positive.
  public func write(
    _ image: RGBImage, side: Int, to target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(side > 0 && target.count == side * side * 3)
    guard let start = target.baseAddress else { return }
    switch self {
    case .adm: Self.tensorFlow(image, divisor: 1, side: side, to: start)
    case .pytorchFID: Self.pytorch(image, divisor: 255, side: side, to: start)
    case .cleanFID:
      FloatResampling.resize(PixelArray(image), side: side, filter: .bicubic, to: target)
      for i in target.indices { target[i] = min(max(target[i], 0), 255) / 128 - 1 }
    }
  }

  /// Writes an image that was never quantised to 8 bits the way of ``pytorchFID``, as the
  /// official FlowTurbo code shows its samples to the network.
  ///
  /// - Parameter planes: (3, height, width) in 0…1.
  /// - Precondition: `planes` and `target` hold as many floats as their sizes say, all positive.
  /// - Throws: `InputError` where a number that is used is not finite.
  public static func writeUnquantised(
    _ planes: UnsafeBufferPointer<Float>, width: Int, height: Int, side: Int,
    to target: UnsafeMutableBufferPointer<Float>
  ) throws {
    precondition(width > 0 && height > 0 && planes.count == 3 * width * height)
    precondition(side > 0 && target.count == side * side * 3)
    guard let start = target.baseAddress else { return }
    pytorch(
      BilinearResize.Source(
        samples: cresampling_source(
          samples: UnsafeRawPointer(planes.baseAddress), is_bytes: 0),
        width: width, height: height, strides: (width, 1, width * height)),
      side: side, to: start)
    // The network's ReLU would make features of it that look like others.
    guard target.allSatisfy(\.isFinite) else {
      throw InputError(
        "image of \(width) × \(height) unquantised pixels", expected: "finite numbers",
        found: "infinity or NaN")
    }
  }

  private static let pytorch = BilinearResize(grid: .halfPixel, scale: 2, offset: -1)
  /// 128 is a power of two: x/128 − 1 is (x − 128)/128 to the last bit.
  private static let tensorFlow = BilinearResize(
    grid: .legacyTensorFlow, scale: 1 / 128, offset: -1)
}

extension BilinearResize {
  /// An 8-bit image, whose samples are divided first.
  fileprivate func callAsFunction(
    _ image: RGBImage, divisor: Float, side: Int, to target: UnsafeMutablePointer<Float>
  ) {
    image.pixels.withUnsafeBufferPointer { pixels in
      self(
        Source(
          samples: cresampling_source(
            samples: UnsafeRawPointer(pixels.baseAddress), is_bytes: 1),
          divisor: divisor, width: image.width, height: image.height,
          strides: (image.width * 3, 3, 1)),
        side: side, to: target)
    }
  }
}
