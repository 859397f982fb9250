import CPUExecutor
import Checkpoints
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Verification

/// Numbers of the published software.
@Suite struct ReferenceFixtureTests {
  @Test(arguments: [
    ("formula", 32), ("sit_tiny", 10), ("refiner_tiny", 8), ("flowturbo_sampling_tiny", 38),
    ("vae_tiny", 377), ("vae_train", 127), ("train_predictor_tiny", 34),
    ("train_refiner_tiny", 107), ("inception_raw", 16), ("metrics", 46), ("solvers_tiny", 11),
  ])
  func everyNumberAgrees(name: String, checks: Int) throws {
    let report = try FixtureVerifier().verify(path: fixturePath(name))
    #expect(report.results.count == checks)
    for result in report.results {
      #expect(result.passes, "\(result.name): \(result.failure ?? "")")
    }
  }

  /// Within the bounds that each kind states for bfloat16.
  @Test(
    .enabled(if: BFloat16Support.ofThisProcessor != .none),
    arguments: [
      "sit_tiny", "refiner_tiny", "flowturbo_sampling_tiny", "vae_tiny", "vae_train",
      "train_predictor_tiny", "train_refiner_tiny", "inception_raw", "metrics",
    ])
  func everyNumberAgreesInBFloat16(name: String) throws {
    let report = try FixtureVerifier(precision: .bfloat16).verify(path: fixturePath(name))
    #expect(report.failing == [])
    let worst = report.results.compactMap(\.worstShare).max() ?? 0
    // A bound that nothing comes near would hide mistakes.
    #expect(worst > 0.05)
  }

  /// The plain kernels too; they take minutes for the other fixtures.
  @Test(arguments: ["sit_tiny", "refiner_tiny", "train_predictor_tiny"])
  func theReferenceExecutorAgrees(name: String) throws {
    let report = try FixtureVerifier(executor: ReferenceExecutor<Float>())
      .verify(path: fixturePath(name))
    #expect(report.failing == [])
  }

  @Test func everyKindOfTheIssueIsKnown() {
    let kinds = [
      "formula", "sit", "full_size", "sampling", "solvers", "train_refiner", "train_predictor",
      "vae",
      "vae_train", "center_crop", "resample", "image_decode", "inception", "metrics",
    ]
    #expect(Set(kinds).isSubset(of: FixtureKinds.all.keys))
  }
}
