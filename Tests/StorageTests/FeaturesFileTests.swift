import Diagnostics
import Files
import Foundation
import Storage
import TemporaryFolders
import Testing

@Suite struct FeaturesFileTests {
  @Test func readsBackWhatWasWritten() throws {
    try withTemporaryFolder { folder in
      let file = try FeaturesFixture.make(folder)
      try FeaturesFixture.check(file)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names == ["tiny-adm-\(file.inputsHash.prefix(16)).h5"])
      #expect(throws: InputError.self) { try file.read(.features, rows: 0..<7) }
    }
  }

  @Test func equalInputsGiveEqualBytes() throws {
    try withTemporaryFolder { folder in
      let one = try FeaturesFixture.make(folder + "/a")
      // Begun by one process, continued by another in another order.
      try FeaturesFixture.write(part: 2, of: FeaturesFixture.writer(folder + "/b"))
      let resumed = try FeaturesFixture.writer(folder + "/b")
      #expect(try resumed.samples(ofPart: 2) == [6])
      #expect(try resumed.samples(ofPart: 1) == nil)
      #expect(throws: InputError.self) { try resumed.finish() }
      for number in [1, 0] { try FeaturesFixture.write(part: number, of: resumed) }
      let two = try resumed.finish()
      #expect(try FileHash.sha256(ofFile: one.path) == FileHash.sha256(ofFile: two.path))
    }
  }

  /// Whatever determines the features is in the file's name.
  @Test func otherInputsAreOtherFiles() throws {
    let folder = "never-written"
    let path = try FeaturesFixture.writer(folder).path
    let changes: [(inout FeaturesDescription) -> Void] = [
      { $0.extractor = "other" }, { $0.preprocessing = "clean" }, { $0.weightsHash = "cd" },
      { $0.batch = 3 }, { $0.spatialDimensions = 0 }, { $0.classNames = ["b", "a"] },
    ]
    for change in changes {
      var description = FeaturesFixture.description
      change(&description)
      #expect(try FeaturesFixture.writer(folder, description: description).path != path)
    }
    for index in FeaturesFixture.sources.indices {
      var sources = FeaturesFixture.sources
      let old = sources[index]
      sources[index] = .init(hash: "00" + old.hash.dropFirst(2), format: "png", label: old.label)
      #expect(try FeaturesFixture.writer(folder, sources: sources).path != path)
      sources[index] = .init(hash: old.hash, format: old.format, label: 1 - (old.label ?? 0))
      #expect(try FeaturesFixture.writer(folder, sources: sources).path != path)
    }
    #expect(
      try FeaturesFixture.writer(folder, sources: FeaturesFixture.sources.reversed()).path != path)
  }

  @Test func knowsWhenItIsFinished() throws {
    try withTemporaryFolder { folder in
      let writer = try FeaturesFixture.writer(folder)
      #expect(try writer.finished() == nil)
      let path = try FeaturesFixture.make(folder).path
      try FeaturesFixture.write(part: 0, of: writer)
      try FeaturesFixture.check(try #require(try writer.finished()))
      #expect(!FileManager.default.fileExists(atPath: path + ".parts"))
      // A file that was changed is not taken for the features.
      let bytes = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
      try AtomicFile.write(bytes.dropLast(40), to: path)
      let error = #expect(throws: InputError.self) { try writer.finished() }
      #expect(error?.description.contains("remove it") == true)
    }
  }

  @Test func refusesWrongInputs() throws {
    try withTemporaryFolder { folder in
      var part = try FeaturesFixture.writer(folder).part(0)
      let short: [Float] = [1]
      short.withUnsafeBufferPointer { short in
        #expect(throws: InputError.self) { try part.append(index: 0, size: (1, 1)) { _ in short } }
        #expect(throws: InputError.self) { try part.append(index: 3, size: (1, 1)) { _ in short } }
      }
      var sources = FeaturesFixture.sources
      sources[0] = .init(hash: "", format: "png", label: nil)
      #expect(throws: InputError.self) { try FeaturesFixture.writer(folder, sources: sources) }
      #expect(throws: InputError.self) { try FeaturesFixture.writer(folder, sources: []) }
      var description = FeaturesFixture.description
      description.dimensions = 0
      #expect(throws: InputError.self) {
        try FeaturesFixture.writer(folder, description: description)
      }
    }
  }

  /// Broken images only.
  @Test func nothingToHold() throws {
    try withTemporaryFolder { folder in
      let writer = try FeaturesFixture.writer(folder)
      for number in 0..<3 { try writer.write(writer.part(number)) }
      #expect(throws: InputError.self) { try writer.finish() }
      #expect(!FileManager.default.fileExists(atPath: writer.path))
    }
  }
}
