import Diagnostics
import Files
import Foundation
import Testing

@testable import Checkpoints

@Suite struct TorchFileTests {
  typealias P = PickleCode
  typealias Samples = TorchSamples

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

  @Test func plainRangesAreThoseOfContiguousTensors() throws {
    let views = try TensorFiles.open(fixture("formats/good/zip_views.pt"))
    #expect(views.plainRange(of: "base") != nil)
    #expect(views.names.filter { views.plainRange(of: $0) == nil }.count >= 3)
    let swapped = try TensorFiles.open(fixture("formats/good/zip_big_endian.pt"))
    #expect(swapped.names.allSatisfy { swapped.plainRange(of: $0) == nil })
    #expect(swapped.metadata == ["byteorder": "big", "version": "3"])
  }

  @Test func refusesEveryHostileFile() throws {
    let folder = fixture("formats/hostile")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }
    #expect(names.count == 67)
    for name in names {
      let error = #expect(throws: InputError.self, "\(name)") {
        let file = try TensorFiles.open(folder + "/" + name)
        for tensor in file.names { _ = try file.bytes(tensor) }
      }
      #expect(error?.description.contains(name) == true)
      #expect(error?.description.contains("\n") == false)
    }
    #expect(!FileManager.default.fileExists(atPath: "parity_hostile_marker.txt"))
  }

  /// Those that must say what they refuse, and where in the pickle.
  @Test(arguments: [
    ("pickle_os_system_zip.pt", "archive/data.pkl: byte 141", "posix.system"),
    ("pickle_os_system_legacy.pth", "byte 139", "posix.system"),
    ("pickle_magic_reduce_legacy.pth", "byte 2", "posix.system"),
    ("pickle_bare.pt", "byte 2", "a bare pickle with posix.system"),
    ("pickle_builtins_eval.pt", "byte 141", "builtins.eval"),
    ("pickle_builtin2_exec.pt", "byte 141", "__builtin__.exec"),
    ("pickle_getattr_of_allowed.pt", "byte 141", "builtins.getattr"),
    ("pickle_dotted_global.pt", "byte 40", "torch._utils.os.system"),
    ("pickle_stack_global.pt", "byte 30", "posix.system"),
    ("pickle_inst.pt", "byte 78", "INST of posix.system"),
    ("pickle_obj.pt", "byte 10", "subprocess.Popen"),
    ("pickle_newobj.pt", "byte 9", "subprocess.Popen"),
    ("pickle_build.pt", "byte 178", "subprocess.Popen"),
    ("pickle_ext.pt", "byte 9", "EXT1"),
    ("pickle_lambda_marshal.pt", "byte 141", "marshal.loads"),
    ("pickle_persid_reduce.pt", "byte 22", "posix.system"),
    ("tensor_unknown_storage.pt", "byte 56", "torch.EvilStorage"),
    ("tensor_key_traversal.pt", "byte 116", "'../../../../etc/hostname'"),
    ("tensor_missing_record.pt", "storage '7'", "none"),
    ("tensor_short_record.pt", "storage '0'", "10"),
  ])
  func saysWhatItRefuses(_ name: String, _ place: String, _ found: String) {
    let error = #expect(throws: InputError.self) {
      try TensorFiles.open(fixture("formats/hostile/" + name))
    }
    let message = error?.description ?? ""
    #expect(message.contains(place) && message.contains("found "), "\(message)")
    #expect(message.contains(found), "\(message)")
  }

  /// Neither harmful nor useful: all are refused, for the reason given.
  @Test(arguments: [
    ("pickle_module_class.pt", "torch.nn.modules.linear.Linear"),
    ("pickle_billion_laughs.pt", "references to the same ones count each time"),
    ("pickle_huge_memo_index.pt", "none in a dictionary"),
    ("pickle_self_reference.pt", "one inside itself"),
    ("pickle_protocol_99.pt", "protocol 99"),
    ("pickle_frame_huge.pt", "found one of 1152921504606846976"),
    ("pickle_not_a_dict.pt", "none in the integer"),
    ("tensor_expand_bomb.pt", "4398046511104"),
    ("tensor_rank_huge.pt", "5000 sizes"),
    ("zip_local_name.pt", "zip member"),
    ("zip_path_traversal.pt", "parity_evil.txt"),
    ("zip_two_roots.pt", "'b/data.pkl'"),
  ])
  func refusesBoundedFile(_ name: String, _ reason: String) {
    let error = #expect(throws: InputError.self) {
      try TensorFiles.open(fixture("formats/bounded/" + name))
    }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func doesNotLookAtChecksums() throws {
    let file = try TensorFiles.open(fixture("formats/bounded/zip_bad_crc.pt"))
    #expect(file.names.count == 1)
    for tensor in file.names { #expect(try !file.bytes(tensor).isEmpty) }
  }
}
