import Checkpoints
import Files
import Foundation
import FuzzSupport
import Testing

/// Damaged files of each format. `make fuzz` runs 200 000 per reader.
@Suite struct ReaderFuzzTests {
  @Test func npz() throws {
    let names = [
      "formats/good/stats_stored.npz", "formats/good/stats_deflated.npz",
      "formats/good/layouts.npz", "formats/good/npy_versions.npz", "numpy/deflated.npz",
      "numpy/types.npz",
    ]
    try ReaderFuzz.run("npz", corpus: ReaderFuzz.corpus(names)) {
      try ReaderFuzz.readAll(NPZFile(path: $0))
    }
  }

  @Test func npy() throws {
    var corpus = try ReaderFuzz.corpus(["numpy/fortran3.npy", "numpy/big_endian.npy"])
    for name in ["layouts.npz", "npy_versions.npz"] {
      let archive = try ZipArchive(ReadOnlyFile(fixture("formats/good/" + name)))
      for member in archive.members { corpus.append(try archive.bytes(member, atMost: 1 << 20)) }
    }
    try ReaderFuzz.run("npy", corpus: corpus) { try ReaderFuzz.readAll(NPYFile(path: $0)) }
  }

  /// Checksums are ignored, so that damage to the contents gets as far as it can.
  @Test func zip() throws {
    let (a, b) = (ZipStructureTests.a, ZipStructureTests.b)
    let wide = [a, b].map { $0.with { $0.usesZip64 = true } }
    let late = [a, b].map { $0.with { $0.hasDescriptor = true } }
    let corpus =
      try ReaderFuzz.corpus([
        "formats/good/zip_views.pt", "formats/good/hand_assembled.pt",
        "formats/good/stats_deflated.npz",
      ]) + [
        HandMadeZip(wide).finished { $0.usesZip64 = true },
        HandMadeZip(late).finished { $0.comment = [1, 2, 3] },
      ]
    try ReaderFuzz.run("zip", corpus: corpus) { path in
      let archive = try ZipArchive(ReadOnlyFile(path), checksums: .ignored)
      var left = ReaderFuzz.limit
      for member in archive.members where member.size <= left {
        left -= member.size
        var count = 0
        try archive.forEachChunk(of: member) { count += $0.count }
        guard count == member.size, archive.member(named: member.name)?.size == count else {
          throw DamagedFiles.Contradiction("\(count) bytes of \(member)")
        }
        _ = try archive.bytes(member, atMost: ReaderFuzz.limit)
      }
    }
  }

  @Test func safetensors() throws {
    let names = [
      "mixed.safetensors", "no_tensors.safetensors", "hostile/st_duplicate_keys.safetensors",
      "hostile/st_hole.safetensors",
    ]
    try ReaderFuzz.run("safetensors", corpus: ReaderFuzz.corpus(names)) {
      try ReaderFuzz.readAll(SafetensorsFile(path: $0))
    }
  }

  /// Whatever the first bytes promise.
  @Test func anyFile() throws {
    let names = [
      "mixed.safetensors", "numpy/fortran3.npy", "numpy/deflated.npz",
      "formats/good/npy_versions.npz", "formats/good/hand_assembled.pt",
      "formats/hostile/random.pt",
    ]
    try ReaderFuzz.run("any", corpus: ReaderFuzz.corpus(names)) {
      try ReaderFuzz.readAll(TensorFiles.open($0))
    }
  }
}
