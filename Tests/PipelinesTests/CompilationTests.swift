import Checkpoints
import Configuration
import PipelinesTestSupport
import TemporaryFolders
import Testing

@testable import Pipelines

/// Sampling operation by operation, as `compilation: none` does to compare with.
@Suite struct CompilationTests {
  private func latents(_ models: TinyModels, _ name: String, _ overrides: [String]) throws
    -> [Float]
  {
    let output = "\(models.folder)/\(name)"
    let configuration = try ConfigurationFile(
      text: models.sampleConfiguration(output: output), name: "sample.yaml", overrides: overrides
    ).decode(SampleConfiguration.self)
    try Sample(configuration, observe: { _ in }).run(resume: false)
    return try SafetensorsFile(path: "\(output)/latents.safetensors").floats("latents")
  }

  @Test(arguments: ["H2P1R1", "unipc2:4", "dopri5"])
  func givesTheSameSamples(_ plan: String) throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let plan = "sampling.plan=\(plan)"
      let whole = try latents(models, "whole", [plan])
      let separate = try latents(models, "separate", [plan, "sampling.compilation=none"])
      #expect(whole.count == separate.count && whole.count > 500)
      let largest = try #require(zip(whole, separate).map { abs($0 - $1) }.max())
      // The tolerance of dopri5 turns rounding into other steps.
      #expect(largest < (plan.hasSuffix("dopri5") ? 5e-3 : 2e-5), "\(largest)")
      // Another scale is another result: the comparison can fail.
      let other = try latents(models, "other", [plan, "sampling.guidance=1.6"])
      #expect(try #require(zip(whole, other).map { abs($0 - $1) }.max()) > 1e-3)
    }
  }
}
