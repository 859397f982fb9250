import Checkpoints
import Diagnostics
import Files
import Foundation
import ModelFiles
import Models
import PipelinesTestSupport
import Storage
import TemporaryFolders
import TensorGraph
import Testing
import Training

@testable import Pipelines

@Suite struct InspectTests {
  private func report(_ path: String, choice: WeightChoice? = nil, hashes: Bool = false) throws
    -> FileReport
  {
    var inspect = Inspect(path: path)
    (inspect.choice, inspect.hashes) = (choice, hashes)
    return try inspect.report()
  }

  /// What is shown of it.
  private func text(_ report: FileReport, isBrief: Bool = false) -> (
    notes: String, rows: [[String]]
  ) {
    let said = Said()
    nonisolated(unsafe) var rows: [[String]] = []
    report.show(isBrief: isBrief) { event in
      said.observer(event)
      if case .table(let title, let table) = event, title.hasSuffix("Tensors") { rows = table }
    }
    return (said.lines.joined(separator: "\n"), rows)
  }

  @Test func modelsOfOursAreDescribed() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let predictor = try report(models.predictor, hashes: true)
      #expect(predictor.kind == "predictor")
      #expect(
        predictor.content == "predictor: 4×4 latents of 4 channels, 3 classes; width 16, depth 2, "
          + "patch 2, 2 heads")
      #expect(predictor.weights == "ema")
      #expect(predictor.takenBy.contains("flowturbo sample: predictor.weights"))
      #expect(predictor.problem == nil)
      #expect(predictor.sha256 == (try FileHash.sha256(ofFile: models.predictor)))
      let file = try SafetensorsFile(path: models.predictor)
      #expect(predictor.tensors.map(\.name) == file.names)
      for tensor in predictor.tensors {
        #expect(tensor.sha256 == (try FileHash.sha256(file.bytes(tensor.name))))
        #expect(tensor.bytes == (try file.info(tensor.name).byteCount))
      }
      #expect(predictor.parameters == predictor.tensors.reduce(0) { $0 + $1.bytes / 4 })
      #expect(try report(models.refiner).kind == "refiner")
      #expect(
        try report(models.vae).content
          == "AutoencoderKL of widths 8, 8: 4 channels, 1/2 of an image's side, scaling factor 0.18215"
      )
    }
  }

  @Test func everyTensorHasItsRowAndATotal() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let report = try report(models.predictor)
      let (notes, rows) = text(report)
      #expect(rows.count == report.tensors.count + 2)
      #expect(rows.first == ["name", "shape", "type", "bytes"])
      #expect(rows.contains(["x_embedder.proj.weight", "16×4×2×2", "F32", "1024"]))
      let total = report.tensors.reduce(0) { $0 + $1.bytes }
      #expect(rows.last == ["\(report.tensors.count) in all", "", "", "\(total)"])
      #expect(notes.contains("taken by    flowturbo sample: predictor.weights"))
      #expect(text(report, isBrief: true).rows.isEmpty)
    }
  }

  @Test func theJSONIsTheReport() throws {
    try withTemporaryFolder { folder in
      let report = try report(TinyModels(in: folder).vae, hashes: true)
      let decoded = try JSONDecoder().decode(FileReport.self, from: Data(report.json().utf8))
      #expect(decoded == report)
    }
  }

  @Test func whatHindersLoadingIsAProblemAndNoError() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let source = try SafetensorsFile(path: models.predictor)
      let bare = "\(folder)/bare.safetensors"
      try SafetensorsWriter.write(
        source.names.map { try TensorRecord("ema/\($0)", copying: $0, of: source) }
          + [
            TensorRecord("opt/state/0/exp_avg", shape: [2], floats: [0, 0]),
            TensorRecord("opt/state/1/exp_avg", shape: [3], floats: [0, 0, 0]),
          ], to: bare)
      let report = try report(bare)
      #expect(
        report.problem == "heads cannot be read from shapes: give model.heads (the width is 16)")
      #expect(report.kind == "predictor")
      #expect(
        report.content == "predictor: width 16, depth 2, patch 2, 4 channels in, 3 classes")
      #expect(report.parts.map(\.container) == ["ema", "opt"])
      #expect(report.parts.last?.tensors == 2)
      #expect(report.parts.last?.parameters == 5)
    }
  }

  @Test func arraysAreTold() throws {
    try withTemporaryFolder { folder in
      func content(_ arrays: [TensorRecord]) throws -> String {
        let path = "\(folder)/a.npz"
        try NPZWriter.write(arrays, to: path)
        let report = try report(path)
        return "\(report.kind): \(report.content)"
      }
      let statistics = [
        TensorRecord("mu", shape: [2], doubles: [0, 0]),
        TensorRecord("sigma", shape: [2, 2], doubles: [1, 0, 0, 1]),
      ]
      let spatial = [
        TensorRecord("mu_s", shape: [1], doubles: [0]),
        TensorRecord("sigma_s", shape: [1, 1], doubles: [1]),
      ]
      let images = TensorRecord(
        "arr_0", shape: [2, 3, 4, 3], type: .uint8, bytes: [UInt8](repeating: 0, count: 72))
      let text = "mean and covariance of 2 features"
      let pictures = "samples: 2 images of 4×3 pixels, 3 channels"
      let found = try [
        statistics, statistics + spatial, [images], [images] + statistics, [spatial[0]],
      ].map(content)
      #expect(
        found == [
          "statistics: \(text)", "statistics: \(text) and 1 spatial ones", pictures,
          "\(pictures), and \(text)", "unknown: no model that is known here",
        ])
      #expect(try report("\(folder)/a.npz").takenBy.isEmpty)
      for (arrays, kept) in [(statistics, "for fid and sfid"), ([images], "--samples or")] {
        try NPZWriter.write(arrays, to: "\(folder)/a.npz")
        let taken = try report("\(folder)/a.npz").takenBy
        #expect(taken.count == 1)
        #expect(taken.first?.hasPrefix("flowturbo evaluate: --") == true)
        #expect(taken.first?.contains(kept) == true)
      }
    }
  }

  /// What `flowturbo evaluate` takes: networks and the features that it kept.
  @Test func featuresAndTheirNetworksAreTold() throws {
    try withTemporaryFolder { folder in
      let network = try report(TinyModels(in: folder).features)
      #expect(network.kind == "features")
      #expect(network.takenBy.first == "flowturbo evaluate: --weights, for protocol features")
      #expect(network.takenBy.contains("flowturbo compare: evaluation.weights"))

      let inception = "\(folder)/inception.safetensors"
      let parameters = try InceptionV3(classes: 2).parameters
      try SafetensorsWriter.write(
        parameters.map { parameter in
          let bytes = [UInt8](repeating: 0, count: 2 * parameter.shape.elementCount)
          return TensorRecord(
            parameter.path, shape: parameter.shape.dimensions, type: .float16, bytes: bytes)
        }, to: inception)
      let weights = try report(inception)
      #expect(weights.kind == "inception")
      #expect(weights.takenBy.count == 1)
      #expect(weights.takenBy.first?.hasPrefix("flowturbo evaluate: --weights") == true)

      try write(randomImages(9, seed: 1), to: "\(folder)/images")
      _ = try evaluate(
        nil, "\(folder)/images", in: folder, with: TinyExtractor(), metrics: []
      ) { $0.evaluate.saveStatistics = "\(folder)/s.npz" }
      let cache = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cache")
      let kept = try report("\(folder)/cache/\(try #require(cache.first))", hashes: true)
      #expect(kept.kind == "imageFeatures")
      #expect(kept.content == "features of 9 images by tiny, 12 each, 12 spatial ones, 3 logits")
      #expect(kept.takenBy == ["flowturbo evaluate: --reference or --samples"])
      #expect(kept.metadata["weights_hash"] == "0123")
      #expect(kept.sha256?.count == 64)
    }
  }

  @Test func latentsAndStatesAreTold() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      try writeImages(to: "\(folder)/images", count: 2)
      var options = EncodingOptions()
      (options.images.images, options.images.size) = ("\(folder)/images", 8)
      options.vae.weights = models.vae
      try Encode(options, path: "\(folder)/latents.h5") { _ in }.run()
      let latents = try report("\(folder)/latents.h5", hashes: true)
      #expect(latents.kind == "latents")
      #expect(
        latents.content.hasSuffix("4×4×4, 3 classes, images of 8 pixels"), "\(latents.content)")
      #expect(latents.takenBy.contains("train-refiner: data.latents"))
      #expect(latents.metadata["scaling_factor"] == "0.18215")
      #expect(latents.sha256 == (try FileHash.sha256(ofFile: "\(folder)/latents.h5")))

      let state = "\(folder)/state.safetensors"
      try SafetensorsWriter.write(
        [TensorRecord("w", shape: [1], floats: [0])],
        metadata: ["format": "flowturbo training state", "step": "12"], to: state)
      let report = try report(state)
      #expect((report.kind, report.content) == ("state", "a training's state at step 12"))
    }
  }

  @Test func namesCannotSteerTheTerminal() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/evil.safetensors"
      try SafetensorsWriter.write(
        [TensorRecord("a\u{1B}[2J\nb\u{202E}c", shape: [1], floats: [0])],
        metadata: ["k": "v\u{7}"], to: path)
      let (notes, rows) = text(try report(path))
      #expect(rows.contains { $0.first == "a?[2J?b?c" }, "\(rows)")
      #expect(notes.contains("k: v?"))
      let wide = "\(folder)/wide.safetensors"
      try SafetensorsWriter.write(
        [TensorRecord(String(repeating: "n", count: 10_000), shape: [1], floats: [0])], to: wide)
      #expect(text(try report(wide)).rows.joined().allSatisfy { $0.count <= 101 })
    }
  }
}
