import CPUExecutor
import Checkpoints
import Configuration
import Diagnostics
import Foundation
import Imaging
import PipelinesTestSupport
import Randomness
import Sampling
import Synchronization
import TensorGraph
import Testing

@testable import Pipelines

/// Tiny models and five images of several sizes and both formats in `folder/pictures`, in class
/// folders `a`, `b` and `c`.
private struct Place {
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
    try Edit(configuration, observe: { _ in }, shouldStop: Self.stop(after: polls))
      .run(resume: resume)
  }

  func inpaint(
    _ output: String, masks: String, plan: String = "H2P1R1", _ overrides: [String] = []
  ) throws {
    let configuration = try decode(
      InpaintConfiguration.self, to: output, plan: plan, sampling: Self.labels("[1, 0, 2]"),
      input + "inpaint: {masks: \(masks)}", overrides)
    try Inpaint(configuration, observe: { _ in }).run(resume: false)
  }

  /// - Returns: what the command prints as tables.
  @discardableResult
  func invert(_ output: String, plan: String, _ overrides: [String] = []) throws -> [[String]] {
    let configuration = try decode(
      InvertConfiguration.self, to: output, plan: plan, sampling: Self.labels("[1, 0, 2]"),
      "input: {images: [\(pictures)]}", overrides)
    let rows = Mutex<[[String]]>([])
    try Invert(configuration) { event in
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
    try Interpolate(configuration, observe: { _ in }).run(resume: false)
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

private func withPlace(_ body: (Place) throws -> Void) throws {
  try withTemporaryFolder { try body(Place(in: $0)) }
}

private func largest(_ a: [Float], _ b: [Float]) -> Float {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? .infinity : .infinity
}

@Suite struct EditTests {
  @Test func strengthZeroIsTheAutoencodersReconstruction() throws {
    try withPlace { place in
      try place.edit("out", strength: 0)
      let models = try SamplingModels(
        predictor: reference(place.models.predictor), vae: autoencoder(place.models.vae),
        observe: { _ in })
      let executor = CPUExecutor()
      let (encoder, decoder) = (try models.encoder(executor), try models.decoder(executor))
      for index in Place.images.indices {
        let latent = HostTensor(
          try encoder(place.crop(index)), shape: Shape([1] + TinyModels.latentShape))
        let expected = try decoder(latent, rows: 0..<1)[0]
        #expect(try place.image("out", index) == expected, "\(index)")
      }
      let manifest = try #require(try SampleManifest.read(in: "\(place.folder)/out"))
      #expect(manifest.evaluations == .init(predictor: 0, refiner: 0))
    }
  }

  private func reference(_ path: String) -> NetworkReference {
    var reference = NetworkReference()
    reference.weights = path
    return reference
  }

  private func autoencoder(_ path: String) -> AutoencoderReference {
    var reference = AutoencoderReference()
    reference.weights = path
    return reference
  }

  @Test(arguments: ["H2P1R1", "unipc2:4", "sde:4"])
  func strengthOneIsWhatSampleMakesOfTheNoise(plan: String) throws {
    try withPlace { place in
      try place.edit("edited", strength: 1, plan: plan)
      let text = place.models.sampleConfiguration(
        output: "\(place.folder)/sampled", count: 5, batch: 3)
      let configuration = try ConfigurationFile(
        text: text, name: "sample.yaml",
        overrides: ["sampling.plan=\(plan)", "sampling.labels=[1, 0, 2]"]
      ).decode(SampleConfiguration.self)
      try Sample(configuration, observe: { _ in }).run(resume: false)
      for index in 0..<5 {
        #expect(try place.image("edited", index) == place.image("sampled", index))
      }
      // The last batch is filled up with other labels.
      #expect(largest(try place.latents("edited"), try place.latents("sampled")) < 1e-5)
    }
  }

  @Test(arguments: ["H2P1R1", "dpm++2m:4", "ab3:4", "sde:4"])
  func strengthLeadsAway(plan: String) throws {
    try withPlace { place in
      let runs = try [0, 0.2, 0.6, 1].map { strength in
        try place.edit("\(strength)", strength: strength, plan: plan)
        return try place.latents("\(strength)")
      }
      let distances = runs.map { run in
        zip(run, runs[0]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      for (near, far) in zip(distances, distances.dropFirst()) { #expect(near < far) }
    }
  }

  @Test func theSameCommandGivesTheSameBytesWhateverStopsIt() throws {
    try withPlace { place in
      try place.edit("a", strength: 0.5)
      let whole = try contents(of: "\(place.folder)/a")
      #expect(
        whole.keys.sorted() == [
          "configuration.yaml", "grid.png", "images/000000.png", "images/000001.png",
          "images/000002.png", "images/000003.png", "images/000004.png", "latents.safetensors",
          "manifest.json",
        ])
      // In the second batch of three.
      let stopped = #expect(throws: Stopped.self) {
        try place.edit("b", strength: 0.5, stopAfter: 7)
      }
      #expect(stopped?.exitCode == .stoppedResumable)
      #expect(stopped?.description.contains("stopped after 3 of 5 samples") == true)
      try place.edit("b", strength: 0.5, resume: true)
      #expect(try contents(of: "\(place.folder)/b") == whole)
      let other = #expect(throws: InputError.self) { try place.edit("b", strength: 0.25) }
      #expect(other?.description.contains("edit.strength was 0.5 and is 0.25") == true)
    }
  }

  @Test func imagesDoNotDependOnTheirBatch() throws {
    try withPlace { place in
      try place.edit("3", strength: 0.7)
      try place.edit("1", strength: 0.7, ["sampling.batch=1"])
      try place.edit("8", strength: 0.7, ["sampling.batch=8"])
      let whole = try place.latents("3")
      for run in ["1", "8"] { #expect(largest(try place.latents(run), whole) < 1e-5) }
    }
  }

  @Test func manifestsTellOfTheImages() throws {
    try withPlace { place in
      try place.edit("out", strength: 0.5, labels: "images", ["sampling.classes=\(place.pictures)"])
      let manifest = try #require(try SampleManifest.read(in: "\(place.folder)/out"))
      #expect(manifest.complete && manifest.task == "edit")
      #expect(manifest.inputs?.map(\.label) == Place.classes)
      #expect(manifest.inputs?.map(\.path) == Place.images.map { "\(place.pictures)/\($0)" })
      #expect(Set(manifest.inputs?.map(\.sha256) ?? []).count == 5)
      #expect(manifest.labels == "0,0-2,2")
      #expect(manifest.configuration.contains("edit:\n  strength: 0.5\n"))
      #expect(manifest.evaluations == .init(predictor: 5, refiner: 2))
      #expect(manifest.outputs == ["images", "grid.png", "latents.safetensors"])
      let grid = try ImageDecoder.decode(path: "\(place.folder)/out/grid.png")
      #expect((grid.width, grid.height) == (5 * 8 + 4 * 2, 2 * 8 + 2))
    }
  }

  /// The noise that images were inverted to, with the same plan and class: they come back.
  @Test func editsCanStartFromInvertedNoise() throws {
    try withPlace { place in
      try place.invert("inverted", plan: "rk4:16", ["sampling.guidance=1"])
      try place.edit(
        "edited", strength: 1, plan: "rk4:16",
        ["sampling.guidance=1", "edit.noise=\(place.folder)/inverted/noise.safetensors"])
      let back = try place.latents("inverted", file: "noise")
      #expect(largest(try place.latents("edited"), back) < 1e-5)
    }
  }

  @Test func namesAndNumbersAreClasses() throws {
    try withPlace { place in
      let names = "\(place.folder)/names.txt"
      try "ant\nbee\ncat\n".write(toFile: names, atomically: true, encoding: .utf8)
      let classes = ["sampling.classes=\(names)", "input.images=[\(place.pictures)/a]"]
      func labels(_ text: String, _ more: [String] = classes) throws -> [Int]? {
        try place.edit("out-\(text)", strength: 0, labels: text, more)
        return try SampleManifest.read(in: "\(place.folder)/out-\(text)")?.inputs?.map(\.label)
      }
      #expect(try labels("bee") == [1, 1])
      #expect(try labels("[cat, 0]") == [2, 0])
      #expect(try labels("none") == [3, 3])
      for (text, message) in [
        (
          "dog",
          "class 'dog': expected one of the names in \(names), found another name; such as ant, bee, cat"
        ),
        ("3", "class 3: expected a number from 0 to 2, found 3"),
        (
          "images",
          "\(place.pictures)/a/0.png: expected a folder with the name of a class, found 'a'; give sampling.labels, such as 0 or none"
        ),
      ] {
        let error = #expect(throws: InputError.self) { try labels(text) }
        #expect(error?.description == message)
      }
      let nameless = #expect(throws: InputError.self) { try labels("bee", []) }
      #expect(
        nameless?.description
          == "class 'bee': expected a number from 0 to 2, found another name; or name a file of "
          + "names with sampling.classes")
    }
  }

  @Test func whatCannotBeReadIsNamedBeforeAnythingIsMade() throws {
    try withPlace { place in
      let whole = try Data(contentsOf: URL(fileURLWithPath: "\(place.pictures)/c/3.jpg"))
      try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: "\(place.pictures)/c/3.jpg"))
      let broken = #expect(throws: InputError.self) { try place.edit("out", strength: 0.5) }
      #expect(
        broken?.description.hasPrefix("\(place.pictures)/c/3.jpg: expected a whole JPEG") == true)
      let missing = #expect(throws: InputError.self) {
        try place.edit("out", strength: 0.5, ["input.images=[nowhere.png]"])
      }
      #expect(
        missing?.description
          == "nowhere.png: expected an image file or a folder of images, found nothing there")
      #expect(!FileManager.default.fileExists(atPath: "\(place.folder)/out/manifest.json"))
    }
  }

  @Test func plansThatCannotStartInTheMiddleAreRefusedByTheConfiguration() throws {
    try withPlace { place in
      let error = #expect(throws: InputError.self) {
        try place.edit("out", strength: 0.5, plan: "dopri5")
      }
      #expect(
        error?.description.contains(
          "sampling.plan: expected a plan of fixed steps for a part of the path, such as rk4:8 or "
            + "H8, found dopri5, which chooses its steps") == true, "\(String(describing: error))")
      try place.edit("whole", strength: 1, plan: "dopri5")
    }
  }
}

@Suite struct InpaintTests {
  @Test(arguments: ["H2P1R1", "P3", "unipc2:4", "sde:4"])
  func aBlackMaskKeepsTheImages(plan: String) throws {
    try withPlace { place in
      let mask = try place.mask("black", 0) { _, _ in false }
      try place.inpaint(
        "out", masks: "[\(mask)]", plan: plan, ["input.images=[\(place.pictures)/a]"])
      for index in 0..<2 { #expect(try place.image("out", index) == place.crop(index)) }
    }
  }

  @Test(arguments: ["H2P1R1", "rk4:2"])
  func aWhiteMaskPaintsAll(plan: String) throws {
    try withPlace { place in
      let mask = try place.mask("white", 0) { _, _ in true }
      let images = ["input.images=[\(place.pictures)/a]"]
      try place.inpaint("out", masks: "[\(mask)]", plan: plan, images)
      try place.edit("edited", strength: 1, plan: plan, images)
      for index in 0..<2 {
        #expect(try place.image("out", index) == place.image("edited", index))
      }
    }
  }

  /// Images and masks of several sizes, cropped alike.
  @Test(arguments: [1, 2], [0, 3])
  func knownPixelsAreTheImages(rounds: Int, feather: Int) throws {
    try withPlace { place in
      let masks = try Place.sizes.indices.map { index in
        try place.mask("mask\(index)", index) { x, _ in 2 * x < Place.sizes[index].0 }
      }
      try place.inpaint(
        "out", masks: "[\(masks.joined(separator: ", "))]",
        ["inpaint.rounds=\(rounds)", "inpaint.feather=\(feather)"])
      for index in Place.images.indices {
        let (found, expected) = (try place.image("out", index), try place.crop(index))
        let mask = try Mask(
          masks[index], of: "\(place.pictures)/\(Place.images[index])", side: TinyModels.side)
        let known = mask.values.indices.filter { mask.values[$0] == 0 }
        #expect(known.count >= 16 && known.count < 48, "\(index)")
        for pixel in known {
          let place = 3 * pixel..<3 * pixel + 3
          #expect(found.pixels[place] == expected.pixels[place])
        }
        #expect(found != expected)
      }
      let manifest = try #require(try SampleManifest.read(in: "\(place.folder)/out"))
      #expect(manifest.inputs?.compactMap(\.maskSHA256).count == 5)
      // H2P1R1: the first step and the refiner's are run once, P again as H.
      #expect(manifest.evaluations == .init(predictor: 2 + 2 * rounds + 2 * rounds - 1, refiner: 2))
    }
  }

  @Test func roundsPaintOtherPictures() throws {
    try withPlace { place in
      let mask = try place.mask("left", 0) { x, _ in x < 4 }
      let images = "input.images=[\(place.pictures)/a]"
      for rounds in [1, 2] {
        try place.inpaint("\(rounds)", masks: "[\(mask)]", [images, "inpaint.rounds=\(rounds)"])
      }
      try place.inpaint("again", masks: "[\(mask)]", [images, "inpaint.rounds=2"])
      #expect(try place.latents("1") != place.latents("2"))
      #expect(try place.latents("2") == place.latents("again"))
    }
  }

  @Test func grayMixes() throws {
    try withPlace { place in
      let images = "input.images=[\(place.pictures)/a/0.png]"
      let none = try place.mask("none", 0, gray: 255) { _, _ in false }
      let half = try place.mask("half", 0, gray: 128) { _, _ in true }
      try place.inpaint("half", masks: "[\(half)]", [images, "inpaint.feather=0"])
      try place.inpaint("none", masks: "[\(none)]", [images])
      let (mixed, image) = (try place.image("half", 0), try place.image("none", 0))
      #expect(mixed != image)
    }
  }

  @Test func aMaskOfTheWrongSizeIsAnErrorThatSaysBoth() throws {
    try withPlace { place in
      let mask = try place.mask("small", 0) { _, _ in true }
      let image = "\(place.pictures)/b/2.png"
      let error = #expect(throws: InputError.self) {
        try place.inpaint("out", masks: "[\(mask)]", ["input.images=[\(image)]"])
      }
      #expect(
        error?.description
          == "\(mask): expected a mask of 37x21 pixels, the size of \(image), found 8x8")
      let count = #expect(throws: InputError.self) {
        try place.inpaint("out", masks: "[\(mask), \(mask)]")
      }
      #expect(
        count?.description
          == "inpaint.masks: expected one mask, or one for each of 5 images, found 2")
    }
  }
}

@Suite struct InvertTests {
  /// Many steps: the equation's own way there and back.
  @Test func fineStepsComeBack() throws {
    try withPlace { place in
      let table = try place.invert("out", plan: "rk4:32", ["sampling.guidance=1"])
      let (encoded, back, noise) = (
        try place.latents("out", "encoded", file: "noise"),
        try place.latents("out", "latents", file: "noise"),
        try place.latents("out", "noise", file: "noise")
      )
      #expect(largest(encoded, back) < 1e-3)
      #expect(largest(encoded, noise) > 0.05)
      let report = try JSONDecoder().decode(
        InversionReport.self,
        from: Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/out/inversion.json")))
      #expect(report.images.count == 5)
      let square = zip(encoded, back).reduce(0.0) {
        $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
      }
      let mean = report.images.reduce(0) { $0 + $1.latentRMSE * $1.latentRMSE } / 5
      #expect(abs(mean - square / Double(encoded.count)) < 1e-12)
      let average = noise.reduce(0) { $0 + Double($1) } / Double(noise.count)
      #expect(abs(report.noise.mean - average) < 1e-9)
      // A header, a row for each image, and one for all.
      #expect(table.count == 7 && table.last?[0] == "all 5")
      #expect(
        try contents(of: "\(place.folder)/out").keys.sorted().suffix(3)
          == ["inversion.json", "manifest.json", "noise.safetensors"])
      let before = try contents(of: "\(place.folder)/out")
      try place.invert("out", plan: "rk4:32", ["sampling.guidance=1"])
      #expect(try contents(of: "\(place.folder)/out") == before)
    }
  }

  @Test(arguments: ["H2P1R1", "P4", "dpm++2m:4", "unipc2:4", "ab2:4", "midpoint:2"])
  func everyPlanOfFixedStepsGoesBack(plan: String) throws {
    try withPlace { place in
      try place.invert("out", plan: plan)
      #expect(try place.latents("out", "noise", file: "noise").allSatisfy(\.isFinite))
    }
  }

  @Test(arguments: ["sde:4", "dopri5", "adaptive:4"])
  func othersAreRefused(plan: String) throws {
    try withPlace { place in
      let error = #expect(throws: InputError.self) { try place.invert("out", plan: plan) }
      #expect(error?.description.contains("sampling.plan: expected a plan") == true)
      #expect(error?.description.contains("found \(plan)") == true)
    }
  }

  @Test func momentsAndRatiosAreThoseOfTheirDefinitions() {
    let values: [Float] = [1, 1, 3, 3]
    let moments = InversionReport.Moments(values[...])
    #expect((moments.mean, moments.std, moments.kurtosis) == (2, 1, 1))
    func image(_ value: UInt8) -> RGBImage {
      RGBImage(width: 1, height: 1, pixels: [value, value, value])
    }
    #expect(InversionReport.psnr(image(0), image(0)) == nil)
    #expect(abs((InversionReport.psnr(image(0), image(255)) ?? 1)) < 1e-9)
    #expect(abs((InversionReport.psnr(image(5), image(6)) ?? 0) - 48.1308) < 1e-3)
  }
}

@Suite struct InterpolateTests {
  @Test func theEndsAreSamples() throws {
    try withPlace { place in
      try place.interpolate(
        "out", "{from: {index: 1, label: 1}, to: {index: 4, label: 2}, frames: 5}")
      try place.interpolate(
        "other", "{from: {index: 4, seed: 5, label: 2}, to: {index: 1, label: 2}, frames: 2}")
      let text = place.models.sampleConfiguration(
        output: "\(place.folder)/sampled", count: 5, batch: 5)
      let configuration = try ConfigurationFile(
        text: text, name: "sample.yaml", overrides: ["sampling.labels=[0, 1, 0, 0, 2]"]
      ).decode(SampleConfiguration.self)
      try Sample(configuration, observe: { _ in }).run(resume: false)
      let (frames, samples) = (try place.latents("out"), try place.latents("sampled"))
      let length = 64
      func row(_ values: [Float], _ index: Int) -> [Float] {
        Array(values[index * length..<(index + 1) * length])
      }
      #expect(largest(row(frames, 0), row(samples, 1)) < 1e-5)
      #expect(largest(row(frames, 4), row(samples, 4)) < 1e-5)
      #expect(largest(row(frames, 4), row(try place.latents("other"), 0)) < 1e-5)
      for index in 0..<4 { #expect(largest(row(frames, index), row(frames, index + 1)) > 1e-3) }
      #expect(
        try contents(of: "\(place.folder)/out").keys.sorted() == [
          "configuration.yaml", "images/000000.png", "images/000001.png", "images/000002.png",
          "images/000003.png", "images/000004.png", "latents.safetensors", "manifest.json",
          "strip.png",
        ])
      let strip = try ImageDecoder.decode(path: "\(place.folder)/out/strip.png")
      #expect((strip.width, strip.height) == (5 * 8 + 4 * 2, 8))
      let manifest = try #require(try SampleManifest.read(in: "\(place.folder)/out"))
      #expect((manifest.task, manifest.labels) == ("interpolate", "from 1 to 2"))
    }
  }

  /// Two images, inverted: the strip begins with the one and ends with the other.
  @Test func imagesAreJoinedByTheirNoise() throws {
    try withPlace { place in
      try place.invert("inverted", plan: "rk4:16", ["sampling.guidance=1"])
      let file = "\(place.folder)/inverted/noise.safetensors"
      try place.interpolate(
        "out", plan: "rk4:16",
        "{from: {noise: \(file), index: 0, label: 1}, to: {noise: \(file), index: 2, label: 2}}",
        ["sampling.guidance=1"])
      #expect(try place.image("out", 0) == place.image("inverted", 0))
      #expect(try place.image("out", 7) == place.image("inverted", 2))
      let error = #expect(throws: InputError.self) {
        try place.interpolate(
          "far", "{from: {noise: \(file), index: 5, label: 1}, to: {label: 2}}")
      }
      #expect(
        error?.description == "\(file): tensor 'noise': expected at least 6 rows, found 5")
    }
  }

  @Test(arguments: ["sde:4", "dopri5", "unipc2:3"])
  func everyPlanInterpolates(plan: String) throws {
    try withPlace { place in
      try place.interpolate(
        "out", plan: plan, "{from: {label: 0}, to: {index: 1, label: none}, frames: 3}")
      #expect(try place.latents("out").allSatisfy(\.isFinite))
    }
  }

  @Test func keysThatMeanNothingHereAreRefused() throws {
    try withPlace { place in
      for (section, message) in [
        ("{from: {label: 0}, to: {index: 1}}", "interpolate.to.label: missing key"),
        ("{from: {label: 0}, to: {label: 1}, frames: 1}", "expected an integer from 2 to 256"),
        (
          "{from: {label: 0, noise: a, seed: 1}, to: {label: 1}}",
          "expected no seed beside a file of noise"
        ),
      ] {
        let error = #expect(throws: InputError.self) { try place.interpolate("out", section) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
      }
      let labels = #expect(throws: InputError.self) {
        try place.interpolate(
          "out", "{from: {label: 0}, to: {label: 1}}", ["sampling.labels=none"])
      }
      #expect(labels?.description.contains("unknown key") == true)
    }
  }
}
