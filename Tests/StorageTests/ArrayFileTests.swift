import Diagnostics
import Files
import Foundation
import TemporaryFolders
import Testing

@testable import Storage

@Suite struct ArrayFileTests {
  private func write(_ path: String, extent: Int = 3, last: Float = 6) throws {
    try ArrayFile.write(
      to: path, format: "flowturbo-test", version: 2, attributes: [("scale", .number(0.1))],
      arrays: [
        .init(
          "change", .floats([1, 2, 3, 4, .nan, last]), [("sample", 2), ("step", extent)],
          unit: "latent rms", description: "Changes"),
        .init("name", .table(.texts(["a", "bcd"])), [("sample", 2)], description: "Names"),
        .init("label", .table(.integers([-1, 7])), [("sample", 2)], description: "Labels"),
      ])
  }

  @Test func holdsWhatWasWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/arrays.h5"
      try write(path)
      let (change, name) = try HDF5.open(path) { file in
        try file.check(HDF5Format(name: "flowturbo-test", version: 2, holds: "", command: ""))
        #expect(try file.double("scale") == 0.1)
        #expect(try file.shortTexts("name") == ["a", "bcd"])
        return (try file.dataset("change"), try file.dataset("name"))
      }
      #expect((change.element, change.shape) == (.float32, [2, 3]))
      #expect((name.element, name.shape) == (.text(width: 3), [2]))
      let start = try #require(change.offset)
      let floats = try ReadOnlyFile(path).bytes(start..<start + 24).withUnsafeBytes { raw in
        (0..<6).map {
          Float(bitPattern: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
        }
      }
      #expect(floats[..<4] == [1, 2, 3, 4])
      #expect(floats[4].isNaN && floats[5] == 6)
      // Labels and units are read by h5py in `make test-notebooks`; here, that they are there.
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      for text in ["DIMENSION_LABELS", "sample\0", "step\0", "latent rms\0", "Changes\0"] {
        #expect(bytes.range(of: Data(text.utf8)) != nil, "\(text)")
      }
    }
  }

  @Test func equalValuesGiveEqualBytes() throws {
    try withTemporaryFolder { folder in
      try write(folder + "/a.h5")
      try write(folder + "/b.h5")
      try write(folder + "/c.h5", last: 7)
      let hashes = try ["a", "b", "c"].map { try FileHash.sha256(ofFile: "\(folder)/\($0).h5") }
      #expect(hashes[0] == hashes[1])
      #expect(hashes[0] != hashes[2])
    }
  }

  @Test func arraysFillTheirDimensions() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: InputError.self) { try write(folder + "/a.h5", extent: 4) }
      #expect(
        error?.description
          == "\(folder)/a.h5: dataset 'change': expected [2, 4] elements, none of them 0, found 6")
      #expect(!FileManager.default.fileExists(atPath: folder + "/a.h5"))
    }
  }
}
