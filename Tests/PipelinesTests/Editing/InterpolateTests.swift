import Configuration
import Diagnostics
import Foundation
import Imaging
import PipelinesTestSupport
import Testing

@testable import Pipelines

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
