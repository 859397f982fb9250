import CPUExecutor
import Configuration
import Diagnostics
import Foundation
import Imaging
import PipelinesTestSupport
import TensorGraph
import Testing

@testable import Pipelines

@Suite struct EditTests {
  @Test func strengthZeroIsTheAutoencodersReconstruction() throws {
    try withPlace { place in
      try place.edit("out", strength: 0)
      let models = try SamplingModels(
        predictor: reference(place.models.predictor), vae: autoencoder(place.models.vae),
        observe: { _ in })
      let executor = CPUExecutor()
      let (encoder, decoder) = (try models.encoder(executor), try models.decoder(executor))
      for index in EditingPlace.images.indices {
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
      #expect(manifest.inputs?.map(\.label) == EditingPlace.classes)
      #expect(manifest.inputs?.map(\.path) == EditingPlace.images.map { "\(place.pictures)/\($0)" })
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
      #expect(try SampleManifest.read(in: "\(place.folder)/out-none")?.labels == "none")
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
      // A folder's name, not the number of another.
      let numbers = "\(place.folder)/numbers.txt"
      try "1\n10\n2\n".write(toFile: numbers, atomically: true, encoding: .utf8)
      let numbered = ["sampling.classes=\(numbers)", "input.images=[\(place.pictures)/a]"]
      #expect(try labels("[1, 10]", numbered) == [0, 1])
      #expect(try labels("[2, 0]", numbered) == [2, 0])
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
