import Checkpoints
import Diagnostics
import Files
import Foundation
import Testing

@Suite struct TorchFileTests {
  @Test func casesAreThere() { #expect(TorchCase.all.count == 14) }

  @Test(arguments: TorchCase.all)
  func readsWhatPyTorchReads(_ expected: TorchCase) throws {
    let file = try #require(
      try TensorFiles.open(fixture("formats/" + expected.file)) as? TorchFile)
    let formats: [String: CheckpointFormat] = [
      "torch-zip": .torchZip, "torch-legacy": .torchLegacy, "torchscript": .torchScript,
    ]
    #expect(file.format == formats[expected.kind])
    #expect(file.names == expected.tensors.map(\.name).sorted())
    for tensor in expected.tensors {
      let info = try file.info(tensor.name)
      #expect(info.type == TorchCase.types[tensor.dtype], "\(tensor.name)")
      #expect(info.shape == tensor.shape, "\(tensor.name)")
      let bytes = try file.bytes(tensor.name)
      #expect(FileHash.sha256(bytes) == tensor.sha256, "\(tensor.name)")
      if let range = file.plainRange(of: tensor.name) {
        #expect(try ReadOnlyFile(file.path).bytes(range) == bytes)
      }
    }
    // What a scripted module has beside tensors is not in the cases.
    guard file.format != .torchScript else { return }
    let values = Dictionary(grouping: file.values, by: \.name).mapValues { $0.map(\.value) }
    #expect(values.count == expected.values.count)
    for leaf in expected.values { #expect(values[leaf.name] == [leaf.value], "\(leaf.name)") }
  }

  @Test func refusesEveryHostileFile() throws {
    let folder = fixture("formats/hostile")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }
    #expect(names.count == 73)
    for name in names {
      let error = #expect(throws: InputError.self, "\(name)") {
        let file = try TensorFiles.open(folder + "/" + name)
        for tensor in file.names { _ = try file.bytes(tensor) }
      }
      print(error?.description ?? "")
      #expect(error?.description.contains(name) == true)
      #expect(error?.description.contains("\n") == false)
    }
  }
}
