import Configuration
import Diagnostics
import Foundation
import Imaging
import PipelinesTestSupport
import Synchronization
import Testing

@testable import Pipelines

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

  /// Refiners look ahead.
  @Test(arguments: [("H2P2", 0), ("H2R1", 1)])
  func refinersAreWarnedOf(plan: String, count: Int) throws {
    try withPlace { place in
      let configuration = try place.decode(
        InvertConfiguration.self, to: "out", plan: plan, sampling: "labels: none",
        "input: {images: [\(place.pictures)/a]}", [])
      let warnings = Mutex(0)
      try EditingTask.invert(configuration) { event in
        if case .warning = event { warnings.withLock { $0 += 1 } }
      }.run(resume: false)
      #expect(warnings.withLock { $0 } == count)
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
