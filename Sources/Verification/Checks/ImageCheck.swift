import Diagnostics
import Foundation
import Imaging
import TensorGraph

/// Kinds `center_crop` and `image_decode`: decoded photographs of a folder.
///
/// Results of the image `<case>`: `size/<case>` width and height, `mean/<case>` the mean of
/// each channel, `crop<side>/<case>` the square centre crop, `rgb/<case>` and `top/<case>`
/// as many rows as stored, `cmyk/<case>` those of the ink before its conversion.
/// The files that `broken` names must be refused.
struct ImageCheck: FixtureCheck {
  private struct Settings: Decodable {
    let folder: String
    let broken: [String: String]?

    enum CodingKeys: String, CodingKey {
      case broken
      case folder = "images_dir"
    }
  }

  private let fixture: Fixture
  private let images: FixtureImages
  private let broken: [String]

  static func isInput(_ name: String) -> Bool { false }

  init(_ fixture: Fixture, executor: any Executor) throws {
    let settings = try fixture.configuration(Settings.self)
    self.fixture = fixture
    images = try FixtureImages(settings.folder, besideFixture: fixture.path)
    broken = (settings.broken ?? [:]).keys.sorted()
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    var cases: [String: [(name: String, what: String)]] = [:]
    for name in names {
      let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
      if parts.count == 2 { cases[parts[1], default: []].append((name, parts[0])) }
    }
    var outputs: [String: ComputedTensor] = [:]
    for (image, results) in cases {
      let path = try images.path(of: image)
      let decoded = Result { try ImageDecoder.decode(path: path) }
      for (name, what) in results {
        do {
          outputs[name] = try self.output(name, what, path: path, image: decoded.get())
        } catch let error as InputError {
          outputs[name] = ComputedTensor(fault: error.description)
        }
      }
    }
    return outputs
  }

  private func output(_ name: String, _ what: String, path: String, image: RGBImage) throws
    -> ComputedTensor?
  {
    switch what {
    case "size": return ComputedTensor([Double(image.width), Double(image.height)])
    case "mean":
      var sums = [0, 0, 0]
      for (index, sample) in image.pixels.enumerated() { sums[index % 3] += Int(sample) }
      return ComputedTensor(sums.map { Double($0) / Double(image.width * image.height) })
    case "rgb", "top": return try rows(PixelArray(image), name)
    case "cmyk":
      guard let ink = try ImageDecoder.decodeCMYK(path: path) else {
        return ComputedTensor(fault: "\(path) is no CMYK image")
      }
      return try rows(ink, name)
    default:
      guard what.hasPrefix("crop"), let side = Int(what.dropFirst(4)), side > 0 else { return nil }
      guard try fixture.shape(name) == [side, side, 3] else {
        return ComputedTensor(
          fault: "has shape [\(side), \(side), 3] here, \(try fixture.shape(name)) in the fixture")
      }
      return ComputedTensor(PixelArray(CenterCrop.apply(image, size: side)))
    }
  }

  /// The first rows of `pixels`, as many as the tensor `name` has.
  private func rows(_ pixels: PixelArray, _ name: String) throws -> ComputedTensor {
    let count = min(try fixture.shape(name).first ?? 0, pixels.height)
    return ComputedTensor(
      shape: [count, pixels.width, pixels.channels],
      values: pixels.pixels.prefix(count * pixels.width * pixels.channels).map(Double.init))
  }

  /// Every broken file is reported, none is decoded.
  func otherResults() throws -> [CheckResult] {
    guard let folder = images.sibling("broken") else { return [] }
    return broken.map { name in
      let path = "\(folder)/\(name)"
      guard FileManager.default.fileExists(atPath: path) else {
        return CheckResult("broken/\(name)", failure: "there is no \(path)")
      }
      let isRefused = (try? ImageDecoder.decode(path: path)) == nil
      return CheckResult("broken/\(name)", failure: isRefused ? nil : "was decoded all the same")
    }
  }
}

extension ComputedTensor {
  init(_ image: PixelArray) {
    self.init(
      shape: [image.height, image.width, image.channels], values: image.pixels.map(Double.init))
  }
}
