// N images, H × W pixels.
import Checkpoints
import Diagnostics
import Imaging
import Models
import TensorGraph

/// Kind `inception`: features of FID's Inception with formula weights.
///
/// Results are `<protocol>_<case>_<feature>`: protocol `fid` or `adm`, the features those of
/// `InceptionV3.Feature`. The images of a case, (N, 3, H, W), are `images_<case>` or `<case>`:
/// 8-bit, or floats in 0…1 whose 8-bit form, which `adm` takes, has `_u8` behind its name.
struct InceptionCheck: FixtureCheck {
  private struct Settings: Decodable {
    let classes, parameters, tensors: Int?
    let epsilon, varianceScale: Double?

    enum CodingKeys: String, CodingKey {
      case classes, parameters, tensors
      case epsilon = "bn_eps"
      case varianceScale = "running_var_scale"
    }
  }

  /// Images that go through the network at once.
  private static let batch = 8

  private let fixture: Fixture
  private let executor: any Executor
  private let settings: Settings
  private let model: InceptionV3

  static let bfloat16Tolerance: Double? = 0x1p-5

  static func isInput(_ name: String) -> Bool {
    !InceptionResult.inputs.contains { name.hasPrefix($0.prefix) }
  }

  init(_ fixture: Fixture, executor: any Executor) throws {
    self.fixture = fixture
    self.executor = executor
    settings = try fixture.configuration(Settings.self)
    model = try InceptionV3(classes: settings.classes ?? 1008, epsilon: settings.epsilon ?? 0.001)
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let groups = Dictionary(grouping: names.compactMap(InceptionResult.init), by: \.source)
    let images = try groups.map { ($1, try InceptionImages(fixture, $0)) }
    var formula = try fixture.formula("model")
    if let scale = settings.varianceScale { formula.runningVarianceScale = Float(scale) }
    let variables = try model.foldedVariables(from: formula.weights(model.parameters))

    var outputs: [String: ComputedTensor] = [:]
    for (results, images) in images {
      let features = try features(of: images, Set(results.map(\.feature)), variables)
      for result in results { outputs[result.name] = features[result.feature] }
    }
    return outputs
  }

  /// Whether the network has as many tensors and values as the reference's.
  func otherResults() -> [CheckResult] {
    [
      ("tensors", settings.tensors, model.parameters.count),
      ("parameters", settings.parameters, model.parameters.valueCount),
    ].compactMap { name, expected, actual in
      expected.map {
        CheckResult(name, failure: $0 == actual ? nil : "\(actual) instead of \($0)")
      }
    }
  }

  private func features(
    of images: InceptionImages, _ wanted: Set<InceptionV3.Feature>,
    _ variables: [String: HostTensor]
  ) throws -> [InceptionV3.Feature: ComputedTensor] {
    let batch = min(images.count, Self.batch)
    let side = InceptionV3.side
    let graph = Graph()
    let input = try graph.input("images", [batch, side, side, 3])
    for (feature, tensor) in try model(input, wanted) { graph.output(feature.rawValue, tensor) }
    let program = try executor.compile(graph, variables: variables, frozen: true)

    var values: [InceptionV3.Feature: [Double]] = [:]
    let pixels = HostTensor(shape: input.shape)
    let size = side * side * 3
    for first in stride(from: 0, to: images.count, by: batch) {
      // What the last batch lacks keeps the images of the one before.
      let filled = min(batch, images.count - first)
      for i in 0..<filled {
        try images.write(
          first + i,
          to: UnsafeMutableBufferPointer(rebasing: pixels.floats[i * size..<(i + 1) * size]))
      }
      let outputs = try program.run(["images": pixels])
      for feature in wanted {
        guard let output = outputs[feature.rawValue] else { continue }
        values[feature, default: []] +=
          output.array().prefix(filled * model.count(feature)).map(Double.init)
      }
    }
    return values.reduce(into: [:]) { result, entry in
      result[entry.key] = ComputedTensor(
        shape: [images.count, model.count(entry.key)], values: entry.value)
    }
  }
}

/// What the name of a result says.
private struct InceptionResult {
  struct Source: Hashable {
    let input: FeatureInput
    let images: String
  }

  /// What names begin with.
  static let inputs: [(prefix: String, input: FeatureInput)] = [
    ("fid_", .pytorchFID), ("adm_", .adm),
  ]

  let name: String
  let source: Source
  let feature: InceptionV3.Feature

  init?(_ name: String) {
    // The longest ending decides: `logits_unbiased` is no case of `unbiased`.
    let features = InceptionV3.Feature.allCases.sorted { $0.rawValue.count > $1.rawValue.count }
    guard let (prefix, input) = Self.inputs.first(where: { name.hasPrefix($0.prefix) }),
      let feature = features.first(where: { name.hasSuffix("_\($0.rawValue)") })
    else { return nil }
    let images = name.dropFirst(prefix.count).dropLast(feature.rawValue.count + 1)
    guard !images.isEmpty else { return nil }
    self.name = name
    self.feature = feature
    source = Source(input: input, images: String(images))
  }
}

/// The stored images of a case in the form that a protocol takes.
private struct InceptionImages {
  private enum Samples {
    case bytes([UInt8])
    case floats([Float])
  }

  let count: Int
  private let input: FeatureInput
  private let height: Int
  private let width: Int
  private let samples: Samples

  init(_ fixture: Fixture, _ source: InceptionResult.Source) throws {
    let names = ["images_\(source.images)", source.images]
    guard let plain = names.first(where: fixture.contains) else {
      throw InputError(
        fixture.path, expected: "the images '\(names[0])' or '\(names[1])' of its results",
        found: "neither")
    }
    let isFloat = try fixture.file.info(plain).type.isFloatingPoint
    // Only the way of pytorch-fid is defined for what was never quantised.
    let name = isFloat && source.input != .pytorchFID ? "\(plain)_u8" : plain
    let info = try fixture.file.info(name)
    let shape = info.shape
    guard shape.count == 4, shape[1] == 3, shape.allSatisfy({ $0 > 0 }),
      info.type == .uint8 || (info.type.isFloatingPoint && name == plain)
    else {
      throw InputError(
        "\(fixture.path): tensor '\(name)'",
        expected: "images (N, 3, H, W) of uint8\(name == plain ? " or floats" : "")",
        found: "\(info.type.rawValue) \(shape)")
    }
    input = source.input
    (count, height, width) = (shape[0], shape[2], shape[3])
    samples =
      info.type == .uint8
      ? .bytes(try fixture.file.bytes(name)) : .floats(try fixture.file.floats(name))
  }

  func write(_ index: Int, to target: UnsafeMutableBufferPointer<Float>) throws {
    let plane = width * height
    let range = index * 3 * plane..<(index + 1) * 3 * plane
    switch samples {
    case .bytes(let bytes):
      let planes = bytes[range]
      let pixels = (0..<3 * plane).map { planes[range.lowerBound + $0 % 3 * plane + $0 / 3] }
      input.write(
        RGBImage(width: width, height: height, pixels: pixels), side: InceptionV3.side, to: target)
    case .floats(let floats):
      try floats[range].withUnsafeBufferPointer {
        try FeatureInput.writeUnquantised(
          $0, width: width, height: height, side: InceptionV3.side, to: target)
      }
    }
  }
}
