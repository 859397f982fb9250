import Checkpoints
import Diagnostics
import Imaging
import TensorGraph

/// Kind `resample`: resizing of stored arrays, (H, W, channels) or (H, W).
///
/// Results from `in/<case>`: `box/<case>` both sides halved, `bicubic/<case>/<w>x<h>`, and
/// `crop/<case>/<side>` the square centre crop.
struct ResamplingCheck: FixtureCheck {
  private let fixture: Fixture

  static func isInput(_ name: String) -> Bool { name.hasPrefix("in/") }

  init(_ fixture: Fixture, executor: any Executor) { self.fixture = fixture }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    var outputs: [String: ComputedTensor] = [:]
    for name in names { outputs[name] = try output(name) }
    return outputs
  }

  private func output(_ name: String) throws -> ComputedTensor? {
    let parts = name.split(separator: "/").map(String.init)
    guard parts.count >= 2 else { return nil }
    switch parts[0] {
    case "box" where parts.count == 2:
      let source = try source(parts[1])
      return try resized(source, name, source.width / 2, source.height / 2, .box)
    case "bicubic" where parts.count == 3:
      let size = parts[2].split(separator: "x").compactMap { Int($0) }
      guard size.count == 2 else { return nil }
      return try resized(try source(parts[1]), name, size[0], size[1], .bicubic)
    case "crop" where parts.count == 3:
      guard let side = Int(parts[2]) else { return nil }
      return try shaped(name, width: side, height: side) {
        CenterCrop.apply(try source(parts[1]), size: side)
      }
    default: return nil
    }
  }

  private func resized(
    _ source: PixelArray, _ name: String, _ width: Int, _ height: Int, _ filter: ResamplingFilter
  ) throws -> ComputedTensor {
    try shaped(name, width: width, height: height) {
      Resampling.resize(source, width: width, height: height, filter: filter)
    }
  }

  /// Computes what the fixture stores in the size that the name says, and nothing larger.
  private func shaped(
    _ name: String, width: Int, height: Int, _ make: () throws -> PixelArray
  ) throws -> ComputedTensor {
    let shape = try fixture.shape(name)
    guard width > 0, height > 0, Array(shape.prefix(2)) == [height, width] else {
      return ComputedTensor(
        fault: "has height \(height) and width \(width) here, shape \(shape) in the fixture")
    }
    let image = try make()
    return ComputedTensor(
      shape: shape.count == 2 && image.channels == 1
        ? [height, width] : [height, width, image.channels],
      values: image.pixels.map(Double.init))
  }

  private func source(_ name: String) throws -> PixelArray {
    let tensor = "in/\(name)"
    let shape = try fixture.shape(tensor)
    guard (2...3).contains(shape.count), shape.allSatisfy({ $0 > 0 }),
      try fixture.file.info(tensor).type == .uint8
    else {
      throw InputError(
        "\(fixture.path): tensor '\(tensor)'", expected: "uint8 of height, width and channels",
        found: "\(try fixture.file.info(tensor).type.rawValue) \(shape)")
    }
    return PixelArray(
      width: shape[1], height: shape[0], channels: shape.count == 3 ? shape[2] : 1,
      pixels: try fixture.file.bytes(tensor))
  }
}
