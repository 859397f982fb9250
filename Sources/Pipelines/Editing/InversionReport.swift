import Files
import Foundation
import Imaging

/// `inversion.json`: how well images come back from the noise that they were led to, and how
/// normal that noise is.
public struct InversionReport: Codable, Sendable, Equatable {
  /// Moments of numbers; of standard normal ones 0, 1 and 3.
  public struct Moments: Codable, Sendable, Equatable {
    public var mean: Double
    public var std: Double
    /// Fourth central moment over the variance's square.
    public var kurtosis: Double

    init(_ values: ArraySlice<Float>) {
      let count = Double(max(values.count, 1))
      let mean = values.reduce(0) { $0 + Double($1) } / count
      var (second, fourth) = (0.0, 0.0)
      for value in values {
        let square = (Double(value) - mean) * (Double(value) - mean)
        second += square
        fourth += square * square
      }
      (second, fourth) = (second / count, fourth / count)
      self.mean = mean
      std = second.squareRoot()
      kurtosis = second > 0 ? fourth / (second * second) : 0
    }
  }

  public struct Image: Codable, Sendable, Equatable {
    public var index: Int
    public var path: String
    public var label: Int
    /// Of the latents that come back from those of the image, in the predictor's scale.
    public var latentRMSE: Double
    /// In dB, of the image that comes back from the one given; nil where they are equal.
    public var psnr: Double?
    /// From what the autoencoder makes of the image: what the plan alone loses.
    public var psnrToAutoencoder: Double?
    /// Of its noise.
    public var noise: Moments
  }

  public var images: [Image]
  /// Of all noise.
  public var noise: Moments

  static let fileName = "inversion.json"

  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(encoder.encode(self)) + [0x0A], to: "\(folder)/\(Self.fileName)")
  }

  private static let rowsShown = 20

  /// For people: a row for each of the first images, and one for all.
  var table: [[String]] {
    func number(_ value: Double?, _ format: String) -> String {
      value.map { String(format: format, $0) } ?? "equal"
    }
    func row(
      _ name: String, _ rmse: Double, _ psnr: Double?, _ own: Double?, _ noise: Moments
    ) -> [String] {
      [
        name, number(rmse, "%.4f"), number(psnr, "%.2f"), number(own, "%.2f"),
        number(noise.mean, "%+.3f"), number(noise.std, "%.3f"), number(noise.kurtosis, "%.2f"),
      ]
    }
    let header = [
      "image", "latent RMSE", "PSNR, dB", "to autoencoder's", "noise mean", "std", "kurtosis",
    ]
    let shown = images.prefix(Self.rowsShown).map {
      row(
        URL(fileURLWithPath: $0.path).lastPathComponent, $0.latentRMSE, $0.psnr,
        $0.psnrToAutoencoder, $0.noise)
    }
    let squares = images.reduce(0) { $0 + $1.latentRMSE * $1.latentRMSE }
    let all = row(
      "all \(images.count)", (squares / Double(max(images.count, 1))).squareRoot(),
      Self.mean(images.compactMap(\.psnr)), Self.mean(images.compactMap(\.psnrToAutoencoder)),
      noise)
    return [header] + shown + [all]
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  // MARK: - Numbers

  /// 10·log₁₀(255²/MSE) of images of one size; nil where they are equal.
  static func psnr(_ a: RGBImage, _ b: RGBImage) -> Double? {
    let sum = zip(a.pixels, b.pixels).reduce(0) { sum, pair in
      let difference = Int(pair.0) - Int(pair.1)
      return sum + difference * difference
    }
    guard sum > 0 else { return nil }
    return 10 * log10(255 * 255 * Double(a.pixels.count) / Double(sum))
  }
}
