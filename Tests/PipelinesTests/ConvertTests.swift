import Checkpoints
import Diagnostics
import Files
import Foundation
import ModelFiles
import PipelinesTestSupport
import TemporaryFolders
import TensorGraph
import Testing

@testable import Pipelines

@Suite struct ConvertTests {
  /// Converts `input` to `folder/name` as `change` says.
  @discardableResult
  private func convert(
    _ input: String, to output: String, _ change: (inout Convert) -> Void = { _ in }
  ) throws -> Said {
    let said = Said()
    var convert = Convert(input: input, output: output, observe: said.observer)
    change(&convert)
    try convert.run()
    return said
  }

  /// The predictor of `models` as a checkpoint with two sets and an optimiser's state.
  private func checkpoint(_ models: TinyModels) throws -> String {
    let source = try SafetensorsFile(path: models.predictor)
    let path = "\(models.folder)/checkpoint.safetensors"
    try SafetensorsWriter.write(
      source.names.flatMap { name in
        [
          try TensorRecord("model/module.\(name)", copying: name, of: source),
          TensorRecord(
            "ema/module.\(name)", shape: try source.info(name).shape,
            floats: try source.floats(name).map { 2 * $0 }),
        ]
      } + [TensorRecord("opt/state/0/step", shape: [], floats: [1])], to: path)
    return path
  }

  private let heads: (inout Convert) -> Void = {
    $0.stated.model = StatedNetwork()
    $0.stated.model?.heads = 2
  }

  @Test func theResultNeedsNoWords() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let input = try checkpoint(models)
      let output = "\(folder)/out.safetensors"
      let said = try convert(input, to: output, heads)
      #expect(said.contains("ema weights (the file has raw ones too)"))
      #expect(said.contains("out.safetensors: 32 tensors, "))
      let file = try ModelFile(path: output)
      let expected = try ModelFile(path: models.predictor).network(.predictor).configuration
      let (configuration, selection) = try file.network(.predictor)
      #expect(configuration == expected)
      #expect(selection.taken == .ema)
      let source = try SafetensorsFile(path: models.predictor)
      #expect(file.file.names == source.names)
      for name in source.names {
        #expect(try file.file.floats(name) == source.floats(name).map { 2 * $0 })
      }
      let metadata = file.file.metadata
      #expect(metadata["kind"] == "predictor" && metadata["weights"] == "ema")
      #expect(metadata["source"] == "checkpoint.safetensors")
      #expect(metadata["source_sha256"] == (try FileHash.sha256(ofFile: input)))
      #expect(metadata["notes"] == "'module.' stripped from every name")
      // Once more, it stays what it is.
      try convert(output, to: "\(folder)/again.safetensors")
      let again = try SafetensorsFile(path: "\(folder)/again.safetensors")
      #expect(again.names == source.names && again.metadata["model"] == metadata["model"])
    }
  }

  @Test func setsAreChosen() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let input = try checkpoint(models)
      let name = "x_embedder.proj.weight"
      let values = try SafetensorsFile(path: models.predictor).floats(name)
      try convert(input, to: "\(folder)/raw.safetensors") {
        heads(&$0)
        $0.sets = .raw
      }
      let raw = try SafetensorsFile(path: "\(folder)/raw.safetensors")
      #expect(try raw.floats(name) == values)
      #expect(raw.metadata["weights"] == "raw")
      try convert(input, to: "\(folder)/all.safetensors") {
        heads(&$0)
        $0.sets = .all
      }
      let all = try ModelFile(path: "\(folder)/all.safetensors")
      #expect(all.file.names.count == 2 * raw.names.count)
      for (choice, factor) in [(WeightChoice.ema, Float(2)), (.raw, 1)] {
        let weights = try all.read(all.network(.predictor, choice).selection)
        #expect(weights[name]?.array() == values.map { factor * $0 })
      }
    }
  }

  @Test func namesAreKeptOnRequest() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let input = try checkpoint(models)
      let names = try SafetensorsFile(path: input).names
      try convert(input, to: "\(folder)/all.safetensors") { $0.keepsNames = true }
      #expect(try SafetensorsFile(path: "\(folder)/all.safetensors").names == names)
      try convert(input, to: "\(folder)/raw.safetensors") {
        ($0.keepsNames, $0.sets) = (true, .raw)
      }
      #expect(
        try SafetensorsFile(path: "\(folder)/raw.safetensors").names
          == names.filter { $0.hasPrefix("model/") })
    }
  }

  @Test(arguments: FloatStorage.allCases)
  func typesAreConverted(_ storage: FloatStorage) throws {
    try withTemporaryFolder { folder in
      let input = "\(folder)/in.safetensors"
      let values: [Float] = [0, 1, -2.5, 1 / 3, 60_000, 1e-6]
      try SafetensorsWriter.write(
        [
          TensorRecord("f", shape: [2, 3], floats: values),
          TensorRecord("h", shape: [6], floats: values, as: .float16),
          TensorRecord("d", shape: [6], doubles: values.map(Double.init)),
          TensorRecord("i", shape: [2], integers: [1 << 40, -1]),
        ], to: input)
      let output = "\(folder)/out.safetensors"
      let said = try convert(input, to: output) { $0.storage = storage }
      #expect(said.contains("no model that is known here: every tensor keeps its name"))
      let file = try SafetensorsFile(path: output)
      let rounded = try SafetensorsFile(path: input)
      for name in ["f", "h", "d"] {
        #expect(try file.info(name).type == storage.tensorType)
        // As the writer rounds them.
        let expected = "\(folder)/expected.safetensors"
        try SafetensorsWriter.write(
          [TensorRecord("x", shape: [6], floats: rounded.floats(name), as: storage)], to: expected)
        #expect(try file.bytes(name) == SafetensorsFile(path: expected).bytes("x"))
      }
      #expect(try file.info("f").shape == [2, 3])
      #expect(try file.integers("i") == [1 << 40, -1])
    }
  }

  @Test func typesStayWithoutAWord() throws {
    try withTemporaryFolder { folder in
      let input = "\(folder)/in.safetensors"
      try SafetensorsWriter.write(
        [
          TensorRecord("h", shape: [1], floats: [1], as: .bfloat16),
          TensorRecord("b", shape: [1], type: .bool, bytes: [1]),
        ], to: input)
      try convert(input, to: "\(folder)/out.safetensors")
      let file = try SafetensorsFile(path: "\(folder)/out.safetensors")
      #expect(try file.info("h").type == .bfloat16 && file.info("b").type == .bool)
    }
  }

  @Test func mistakesAreNamedAndLeaveNothing() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let input = "\(folder)/in.safetensors"
      try SafetensorsWriter.write(
        [TensorRecord("x", shape: [2], floats: [1, 1e6])], to: input)
      let output = "\(folder)/out.safetensors"
      func message(
        _ input: String, _ output: String, _ change: (inout Convert) -> Void = { _ in }
      ) -> String? {
        let error = #expect(throws: InputError.self) { try convert(input, to: output, change) }
        return error?.description.replacing(folder, with: "F")
      }
      #expect(
        message(input, output) { $0.storage = .float16 }
          == "F/in.safetensors: tensor 'x': expected values that float16 can hold, found 1000000.0; "
          + "choose bfloat16 or float32")
      #expect(
        message(input, output) { $0.sets = .ema }
          == "F/in.safetensors: expected a model whose sets of weights can be told, found none; "
          + "leave out --weights to copy every tensor")
      #expect(
        message(models.vae, "\(folder)/out.pt")
          == "F/out.pt: expected a name ending in .safetensors, found another")
      #expect(
        message(models.vae, models.refiner)
          == "F/refiner.safetensors: expected no file of this name, found one; choose another name, "
          + "or replace it with --force")
      #expect(
        message(try checkpoint(models), output)?.hasSuffix("give model.heads (the width is 16)")
          == true)
      #expect(!FileManager.default.fileExists(atPath: output))
      // Over itself, too.
      try convert(models.vae, to: models.vae) { ($0.isForced, $0.storage) = (true, .float16) }
      let file = try SafetensorsFile(path: models.vae)
      #expect(try file.info("quant_conv.weight").type == .float16)
      #expect(file.metadata["kind"] == "autoencoder")
    }
  }
}
