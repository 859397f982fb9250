import Configuration
import Checkpoints
import Foundation
import Imaging
import PipelinesTestSupport
import Randomness
import Synchronization
import TemporaryFolders

@testable import Pipelines

/// Tiny models and five images of several sizes and both formats in `folder/pictures`, in class
/// folders `a`, `b` and `c`.
struct EditingPlace {
  let models: TinyModels
  var folder: String { models.folder }
  var pictures: String { "\(folder)/pictures" }

  static let images = ["a/0.png", "a/1.jpg", "b/2.png", "c/3.jpg", "c/4.png"]
  static let sizes = [(8, 8), (8, 8), (37, 21), (16, 40), (5, 9)]
  static let classes = [0, 0, 1, 2, 2]

  init(in folder: String) throws {
    models = try TinyModels(in: folder)
    for (index, image) in Self.images.enumerated() {
      let (width, height) = Self.sizes[index]
      let picture = Self.picture(index, width, height)
      try image.hasSuffix("png")
        ? ImageEncoder.writePNG(picture, to: "\(pictures)/\(image)")
        : ImageEncoder.writeJPEG(picture, to: "\(pictures)/\(image)")
    }
  }

  static func picture(_ index: Int, _ width: Int, _ height: Int) -> RGBImage {
    var stream = RandomStream(seed: 77, purpose: .scene, index: UInt64(index))
    let base = (0..<3).map { _ in 60 + 100 * stream.uniform() }
    return RGBImage(
      width: width, height: height,
      pixels: (0..<width * height * 3).map { UInt8(base[$0 % 3] + 30 * stream.uniform()) })
  }

  func crop(_ index: Int) throws -> RGBImage {
    CenterCrop.apply(
      try ImageDecoder.decode(path: "\(pictures)/\(Self.images[index])"), size: TinyModels.side)
  }

  func image(_ run: String, _ index: Int) throws -> RGBImage {
    try ImageDecoder.decode(path: "\(folder)/\(run)/images/00000\(index).png")
  }

  func latents(_ run: String, _ name: String = "latents", file: String = "latents") throws
    -> [Float]
  {
    try SafetensorsFile(path: "\(folder)/\(run)/\(file).safetensors").floats(name)
  }

  func decode<Schema: ConfigurationSchema>(
    _ schema: Schema.Type, to output: String, plan: String, sampling: String, _ more: String,
    _ overrides: [String]
  ) throws -> Schema {
    let text = models.taskConfiguration(
      output: "\(folder)/\(output)", plan: plan, sampling: sampling, more)
    return try ConfigurationFile(text: text, name: "task.yaml", overrides: overrides)
      .decode(schema)
  }

  /// What `sampling` says of labels.
  static func labels(_ labels: String) -> String { "labels: \(labels)" }

  var input: String { "input: {images: [\(pictures)]}\nwrite: {latents: true}\n" }

  func edit(
    _ output: String, strength: Double, labels: String = "[1, 0, 2]", plan: String = "H2P1R1",
    _ overrides: [String] = [], resume: Bool = false, stopAfter polls: Int = .max
  ) throws {
    let configuration = try decode(
      EditConfiguration.self, to: output, plan: plan, sampling: Self.labels(labels),
      input + "edit: {strength: \(strength)}", overrides)
    try EditingTask.edit(configuration, observe: { _ in }, shouldStop: Self.stop(after: polls))
      .run(resume: resume)
  }

  func inpaint(
    _ output: String, masks: String, plan: String = "H2P1R1", _ overrides: [String] = []
  ) throws {
    let configuration = try decode(
      InpaintConfiguration.self, to: output, plan: plan, sampling: Self.labels("[1, 0, 2]"),
      input + "inpaint: {masks: \(masks)}", overrides)
    try EditingTask.inpaint(configuration, observe: { _ in }).run(resume: false)
  }

  /// - Returns: what the command prints as tables.
  @discardableResult
  func invert(_ output: String, plan: String, _ overrides: [String] = []) throws -> [[String]] {
    let configuration = try decode(
      InvertConfiguration.self, to: output, plan: plan, sampling: Self.labels("[1, 0, 2]"),
      "input: {images: [\(pictures)]}", overrides)
    let rows = Mutex<[[String]]>([])
    try EditingTask.invert(configuration) { event in
      if case .table(_, let table) = event { rows.withLock { $0 += table } }
    }.run(resume: false)
    return rows.withLock { $0 }
  }

  func interpolate(
    _ output: String, plan: String = "H2P1R1", _ section: String, _ overrides: [String] = []
  )
    throws
  {
    let configuration = try decode(
      InterpolateConfiguration.self, to: output, plan: plan, sampling: "",
      "interpolate: \(section)\nwrite: {latents: true}", overrides)
    try EditingTask.interpolate(configuration, observe: { _ in }).run(resume: false)
  }

  private static func stop(after polls: Int) -> @Sendable () -> Bool {
    let polled = Mutex(0)
    return {
      polled.withLock {
        $0 += 1
        return $0 > polls
      }
    }
  }

  /// A mask of a picture's size: white where `isPainted`.
  func mask(_ name: String, _ index: Int, gray: UInt8 = 255, _ isPainted: (Int, Int) -> Bool) throws
    -> String
  {
    let (width, height) = Self.sizes[index]
    let pixels = (0..<width * height).flatMap { place in
      Array(repeating: isPainted(place % width, place / width) ? gray : UInt8(0), count: 3)
    }
    let path = "\(folder)/\(name).png"
    try ImageEncoder.writePNG(RGBImage(width: width, height: height, pixels: pixels), to: path)
    return path
  }
}

func withPlace(_ body: (EditingPlace) throws -> Void) throws {
  try withTemporaryFolder { try body(EditingPlace(in: $0)) }
}

/// The largest difference; infinite where there are not as many.
func largest(_ a: [Float], _ b: [Float]) -> Float {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? .infinity : .infinity
}
