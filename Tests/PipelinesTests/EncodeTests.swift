import CPUExecutor
import Checkpoints
import Configuration
import Diagnostics
import Foundation
import Imaging
import ModelFiles
import Models
import PipelinesTestSupport
import Storage
import Synchronization
import TemporaryFolders
import TensorGraph
import Testing
import Training

@testable import Pipelines

/// What a pipeline said.
final class Said: Sendable {
  private let events = Mutex<[String]>([])

  var lines: [String] { events.withLock { $0 } }

  var observer: PipelineObserver {
    { event in
      switch event {
      case .note(let text): self.events.withLock { $0.append(text) }
      case .warning(let text): self.events.withLock { $0.append("warning: \(text)") }
      case .table(let title, let rows), .details(let title, let rows):
        self.events.withLock { $0.append("\(title): \(rows.count - 1) rows") }
      case .progress: break
      }
    }
  }

  func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }
}

/// Writes `count` images of 8 × 8 pixels into `folder`, for each of the three classes.
func writeImages(to folder: String, count: Int) throws {
  for (label, name) in ["a", "b", "c"].enumerated() {
    for number in 0..<count {
      let pixels = (0..<8 * 8 * 3).map { UInt8(truncatingIfNeeded: $0 * (5 + number) + 60 * label) }
      try ImageEncoder.writePNG(
        RGBImage(width: 8, height: 8, pixels: pixels), to: "\(folder)/\(name)/\(number).png")
    }
  }
}

@Suite struct EncodeTests {
  private func withImages(_ body: (TinyModels, EncodingOptions) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      try writeImages(to: "\(folder)/images", count: 3)
      var options = EncodingOptions()
      options.images.images = "\(folder)/images"
      options.images.size = TinyModels.side
      options.vae.weights = models.vae
      options.batch = 2
      try body(models, options)
    }
  }

  /// Batches of two, the last one short, against images one at a time.
  @Test func latentsAreThoseOfTheAutoencoder() throws {
    try withImages { models, options in
      let path = "\(models.folder)/latents.h5"
      try Encode(options, path: path, observe: Said().observer).run()
      let file = try LatentsFile(path: path)
      #expect(file.labels == [0, 0, 0, 1, 1, 1, 2, 2, 2])
      #expect(try file.sourcePath(index: 4) == "b/1.png")
      #expect(file.description.classNames == ["a", "b", "c"])
      #expect(file.description.imageSize == 8)

      let vae = try options.vae.load { _ in }
      #expect(file.description.vaeHash == vae.identity)
      let program = try CPUExecutor().compile(
        vae.model.encodingGraph(batch: 1, side: 8), variables: vae.weights, frozen: true)
      let (mean, logVariance) = (HostTensor(shape: [4, 4, 4]), HostTensor(shape: [4, 4, 4]))
      for index in 0..<file.count {
        for flip in [false, true] {
          let image = try ImageDecoder.decode(
            path: "\(options.images.images)/\(file.sourcePath(index: index))")
          let planes = (flip ? image.flippedHorizontally() : image).signedUnit()
          let expected = try program.run(["images": HostTensor(planes, shape: [1, 3, 8, 8])])
          try file.read(
            index: index, flip: flip, mean: mean.floats, logVariance: logVariance.floats)
          for (found, name) in [(mean, "mean"), (logVariance, "log_variance")] {
            let reference = try #require(expected[name]).array()
            #expect(zip(found.array(), reference).allSatisfy { abs($0 - $1) < 1e-4 })
          }
        }
      }
    }
  }

  @Test func repeatingDoesNothingAndOtherInputsAreRefused() throws {
    try withImages { models, options in
      let path = "\(models.folder)/latents.h5"
      try Encode(options, path: path, observe: Said().observer).run()
      let said = Said()
      var options = options
      // What changes no value is no other input.
      options.images.workers = 1
      options.images.maxBroken = 0.5
      try Encode(options, path: path, observe: said.observer).run()
      #expect(said.contains("nothing to do"))
      options.batch = 3
      #expect(throws: InputError.self) {
        try Encode(options, path: path, observe: said.observer).run()
      }
    }
  }

  @Test func brokenImagesAreSkippedNamedAndCounted() throws {
    try withImages { models, options in
      try "no image".write(
        toFile: "\(options.images.images)/b/00.jpg", atomically: true, encoding: .utf8)
      let path = "\(models.folder)/latents.h5"
      var options = options
      let tooMany = #expect(throws: InputError.self) {
        try Encode(options, path: path, observe: Said().observer).run()
      }
      #expect(tooMany?.description.contains("1 of 10") == true)
      options.images.maxBroken = 0.1
      let said = Said()
      try Encode(options, path: path, observe: said.observer).run()
      #expect(said.contains("skipped earlier: \(options.images.images)/b/00.jpg"))
      #expect(said.contains("1 of 10 images skipped"))
      #expect(try LatentsFile(path: path).labels == [0, 0, 0, 1, 1, 1, 2, 2, 2])
    }
  }

  @Test func resumingKeepsTheLinesOfPartsThatAreThere() throws {
    try withImages { models, options in
      try "no image".write(
        toFile: "\(options.images.images)/b/00.jpg", atomically: true, encoding: .utf8)
      let path = "\(models.folder)/latents.h5"
      let log = "\(models.folder)/latents.log.jsonl"
      func lines() throws -> [String] {
        try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
      }
      // Too many broken images: the parts and the log stay.
      #expect(throws: InputError.self) {
        try Encode(options, path: path, observe: Said().observer).run()
      }
      let before = try lines()
      #expect(before.count { $0.contains("b/00.jpg") } == 1)
      let leftover = "\(path).tmp-1"
      try "half".write(toFile: leftover, atomically: true, encoding: .utf8)
      var options = options
      options.images.maxBroken = 0.1
      try Encode(options, path: path, observe: Said().observer).run()
      #expect(try lines().dropLast() == before[...])
      #expect(!FileManager.default.fileExists(atPath: leftover))
    }
  }

  @Test func strictEndsAtTheFirstBrokenImage() throws {
    try withImages { models, options in
      var options = options
      options.images.strict = true
      try "".write(
        toFile: "\(options.images.images)/b/x.jpg", atomically: true, encoding: .utf8)
      let error = #expect(throws: InputError.self) {
        try Encode(options, path: "\(models.folder)/l.h5", observe: Said().observer).run()
      }
      #expect(error?.description.contains("b/x.jpg") == true)
    }
  }

  @Test func sizesMustFitTheAutoencoder() throws {
    try withImages { models, options in
      var options = options
      options.images.size = 9
      let error = #expect(throws: InputError.self) {
        try Encode(options, path: "\(models.folder)/l.h5", observe: Said().observer).run()
      }
      #expect(error?.description.hasPrefix("encode.size: expected a multiple of 2") == true)
    }
  }

  @Test func missingLatentsAreEncodedFirst() throws {
    try withImages { models, options in
      var set = LatentSetOptions()
      set.latents = "\(models.folder)/latents.h5"
      #expect(throws: InputError.self) { try set.file(Said().observer) }
      set.encode = options
      let first = Said()
      #expect(try set.file(first.observer).count == 9)
      #expect(first.contains("latents.h5 is missing: encoding"))
      let second = Said()
      #expect(try set.file(second.observer).count == 9)
      #expect(!second.contains("missing"))
      // Other weights than those that made the latents deserve a word.
      let other = "\(models.folder)/other.safetensors"
      let file = try ModelFile(path: models.vae)
      try WeightFile.write(
        file.read(file.autoencoder().selection), metadata: file.file.metadata, as: .float16,
        to: other)
      set.encode?.vae.weights = other
      let third = Said()
      _ = try set.file(third.observer)
      #expect(third.contains("made with another autoencoder"))
    }
  }
}
