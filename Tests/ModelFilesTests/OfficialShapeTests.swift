import Diagnostics
import Files
import Foundation
import Models
import TensorGraph
import Testing

@testable import Checkpoints
@testable import ModelFiles

/// A file of tensors that are described and whose elements are all zero: models of full size
/// that take no space.
struct DescribedFile: TensorFile {
  let path = "described.pt"
  let format = CheckpointFormat.torchZip
  var metadata: [String: String] = [:]
  let file: ReadOnlyFile
  private let tensors: [String: StoredTensor]

  init(_ shape: ModelShape, name: (Parameter) -> String? = { $0.path }) throws {
    file = try ReadOnlyFile(fixture("vae_new_names.safetensors"))
    let tensors = try shape.parameters().compactMap { parameter in
      name(parameter).map {
        StoredTensor(name: $0, type: .float32, shape: parameter.shape.dimensions)
      }
    }
    self.tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
  }

  init(_ shapes: [String: [Int]]) throws {
    file = try ReadOnlyFile(fixture("vae_new_names.safetensors"))
    tensors = Dictionary(
      uniqueKeysWithValues: shapes.map {
        ($0, StoredTensor(name: $0, type: .float32, shape: $1))
      })
  }

  var names: [String] { tensors.keys.sorted() }
  func tensor(named name: String) -> StoredTensor? { tensors[name] }
  func plainRange(of name: String) -> Range<Int>? { nil }

  func forEachChunk(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let zeros = [UInt8](repeating: 0, count: try info(name).byteCount)
    try zeros.withUnsafeBytes(body)
  }
}

/// The models of the official files, by the shapes of their tensors alone.
@Suite struct OfficialShapeTests {
  private static let extraLarge = try? SiTConfiguration(named: "XL/2")

  @Test(arguments: ["S/2", "B/4", "L/8", "XL/2"])
  func publishedPredictorsNeedNoWords(_ name: String) throws {
    let network = try SiTConfiguration(named: name)
    let file = ModelFile(try DescribedFile(.network(network)) { "ema/module.\($0.path)" })
    let (configuration, selection) = try file.network(.predictor)
    #expect(configuration == network)
    #expect(selection.shape.summary == "predictor SiT-\(name)")
    #expect(file.likelyKind == .predictor)
  }

  @Test func theRefinerOfExtraLargeNeedsNoWords() throws {
    var refiner = try #require(Self.extraLarge)
    (refiner.depth, refiner.velocityInput) = (1, true)
    let file = ModelFile(try DescribedFile(.network(refiner)))
    #expect(file.likelyKind == .refiner)
    let (configuration, selection) = try file.network(.refiner)
    #expect(configuration == refiner)
    #expect(selection.notes == ["16 heads, as in the published models of this width"])
    expectError(
      "FILE: weights do not fit a predictor: 1 misshapen: x_embedder.proj.weight is "
        + "[1152, 8, 2, 2], should be [1152, 4, 2, 2]; this is a refiner; a predictor's x_embedder "
        + "takes 4 channels", file
    ) { _ = try file.network(.predictor) }
  }

  @Test func aPredictorIsNoRefiner() throws {
    let file = ModelFile(try DescribedFile(.network(#require(Self.extraLarge))))
    expectError(
      "FILE: weights do not fit a refiner: 1 misshapen: x_embedder.proj.weight is [1152, 4, 2, 2], "
        + "should be [1152, 8, 2, 2]; this is a predictor; a refiner's x_embedder takes 8 channels",
      file
    ) { _ = try file.network(.refiner) }
  }

  @Test func stableDiffusionsAutoencoderNeedsNoWords() throws {
    let standard = AutoencoderConfiguration()
    let file = ModelFile(try DescribedFile(.autoencoder(standard)))
    let (configuration, selection) = try file.autoencoder()
    #expect(configuration == standard)
    #expect(
      selection.notes == [
        "32 groups and scaling factor 0.18215 by default, as no config.json lies beside it"
      ])
  }

  /// Four levels, the decoder's counted from the other end.
  @Test func itsOriginalNamesAreRead() throws {
    let standard = AutoencoderConfiguration()
    let file = ModelFile(
      try DescribedFile(.autoencoder(standard)) {
        "first_stage_model." + Self.original($0.path)
      })
    #expect(try file.autoencoder().configuration == standard)
    // `up.3` is the first level that the decoder goes through.
    let group = try #require(file.groups.first)
    #expect(
      group.members["decoder.up_blocks.0.resnets.2.conv1.weight"]?.stored.name
        == "first_stage_model.decoder.up.3.block.2.conv1.weight")
    #expect(
      group.members["decoder.up_blocks.2.resnets.0.conv_shortcut.weight"]?.stored.name
        == "first_stage_model.decoder.up.1.block.0.nin_shortcut.weight")
  }

  /// Today's name as latent-diffusion has it.
  private static func original(_ name: String) -> String {
    var parts = name.split(separator: ".").map(String.init)
    for index in parts.indices.dropLast() {
      switch parts[index] {
      case "up_blocks":
        parts[index] = "up"
        parts[index + 1] = "\(3 - (Int(parts[index + 1]) ?? 0))"
      case "down_blocks": parts[index] = "down"
      case "resnets" where parts.contains("mid_block"):
        (parts[index], parts[index + 1]) = ("block_\((Int(parts[index + 1]) ?? 0) + 1)", "")
      case "resnets": parts[index] = "block"
      case "upsamplers": (parts[index], parts[index + 1]) = ("upsample", "")
      case "downsamplers": (parts[index], parts[index + 1]) = ("downsample", "")
      case "attentions": (parts[index], parts[index + 1]) = ("attn_1", "")
      case "to_q": parts[index] = "q"
      case "to_k": parts[index] = "k"
      case "to_v": parts[index] = "v"
      case "to_out": (parts[index], parts[index + 1]) = ("proj_out", "")
      case "group_norm": parts[index] = "norm"
      case "conv_norm_out": parts[index] = "norm_out"
      case "conv_shortcut": parts[index] = "nin_shortcut"
      default: break
      }
    }
    return parts.filter { !$0.isEmpty }.joined(separator: ".")
      .replacingOccurrences(of: "mid_block", with: "mid")
  }

  @Test func inceptionIsKnown() throws {
    let file = ModelFile(try DescribedFile(.inception(classes: 1008)))
    #expect(file.likelyKind == .inception)
    #expect(try file.inception().shape == .inception(classes: 1008))
    // Files from before PyTorch 0.4.1.
    let old = ModelFile(
      try DescribedFile(.inception(classes: 1008)) { $0.isOptional ? nil : $0.path })
    let weights = try old.read(old.inception())
    #expect(weights.count == 94 * 5 + 2)
    #expect(weights["Conv2d_1a_3x3.bn.num_batches_tracked"] == nil)
    let error = #expect(throws: InputError.self) { try file.network(.predictor) }
    #expect(
      error?.description.hasSuffix("; this is the Inception-v3 that images are evaluated with")
        == true)
  }

  @Test func torchvisionsInceptionIsAnother() throws {
    var shapes: [String: [Int]] = [:]
    for parameter in try ModelShape.inception(classes: 1000).parameters() {
      shapes[parameter.path] = parameter.shape.dimensions
    }
    shapes["AuxLogits.fc.weight"] = [1000, 768]
    let file = ModelFile(try DescribedFile(shapes))
    expectError(
      "FILE: weights do not fit FID's Inception: 1 unexpected: AuxLogits.fc.weight; this is "
        + "torchvision's Inception; FID's is pt_inception-2015-12-05-6726825d.pth", file
    ) { _ = try file.inception() }
  }
}
