import CPUExecutor
import Checkpoints
import Evaluation
import Imaging
import Models
import Storage
import TensorGraph
import Testing

@testable import Verification

/// What `flowturbo evaluate` takes from Inception, against the reference implementations'
/// numbers: columns exchanged, another order of sFID's channels or another resize would show.
@Suite struct InceptionExtractorTests {
  @Test func columnsAreThoseOfTheReference() throws {
    let fixture = try Fixture(path: fixturePath("inception_raw"))
    var formula = try fixture.formula("model")
    formula.runningVarianceScale = 0.5
    let model = try InceptionV3()
    let extractor = try InceptionExtractor(
      model, checkpoint: formula.weights(model.parameters), weightsHash: "", input: .adm,
      batch: 1, executor: CPUExecutor())
    #expect(extractor.dimensions(of: .features) == 2048)
    #expect(extractor.dimensions(of: .spatial) == 2023)
    #expect(extractor.dimensions(of: .logits) == 1008)

    // (1, 3, 64, 64)
    let planes = try fixture.file.bytes("raw_u8")
    let area = 64 * 64
    let image = RGBImage(
      width: 64, height: 64, pixels: (0..<3 * area).map { planes[$0 % 3 * area + $0 / 3] })
    let found = try extractor.extract(
      HostTensor(extractor.preparation(image), shape: extractor.inputShape))
    let expected = try [
      (found[.features], fixture.file.floats("adm_raw_pool2048"), 5e-5),
      (found[.spatial], fixture.file.floats("adm_raw_spatial"), 2e-4),
      (found[.logits], fixture.file.floats("adm_raw_logits_unbiased"), 6e-5),
    ]
    for (tensor, reference, tolerance) in expected {
      let values = try #require(tensor).array()
      #expect(values.count == reference.count)
      #expect(distance(values, reference) < Float(tolerance))
    }
    // Half-pixel centres are another protocol: features of its own.
    let halfPixel = try fixture.file.floats("fid_raw_pool2048")
    #expect(distance(try #require(found[.features]).array(), halfPixel) > 0.005)
  }

  private func distance(_ one: [Float], _ two: [Float]) -> Float {
    zip(one, two).map { abs($0 - $1) }.max() ?? .infinity
  }
}
