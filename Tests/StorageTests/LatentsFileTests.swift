import Diagnostics
import Dispatch
import Files
import Foundation
import Storage
import TemporaryFolders
import Testing

@Suite struct LatentsFileTests {
  @Test func readsBackWhatWasWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/latents.h5"
      try LatentsFixture.make(path)
      let file = try LatentsFile(path: path)
      try LatentsFixture.check(file)
      #expect(try file.inputsHash == LatentsFixture.writer(path).inputsHash)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names == ["latents.h5"])
    }
  }

  @Test func equalInputsGiveEqualBytes() throws {
    try withTemporaryFolder { folder in
      try LatentsFixture.make(folder + "/a.h5")
      // Begun by one process, continued by another in another order.
      let path = folder + "/b.h5"
      try LatentsFixture.write(part: 2, of: LatentsFixture.writer(path))
      let resumed = try LatentsFixture.writer(path)
      #expect(try resumed.missingParts() == [0, 1])
      #expect(throws: InputError.self) { try resumed.finish() }
      for number in [1, 0] { try LatentsFixture.write(part: number, of: resumed) }
      #expect(try resumed.missingParts() == [])
      #expect(try resumed.finish() == 6)
      #expect(
        try FileHash.sha256(ofFile: path) == FileHash.sha256(ofFile: folder + "/a.h5"))
    }
  }

  @Test func manyThreadsRead() throws {
    try withTemporaryFolder { folder in
      try LatentsFixture.make(folder + "/a.h5")
      let file = try LatentsFile(path: folder + "/a.h5")
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        #expect(throws: Never.self) { try LatentsFixture.check(file) }
      }
    }
  }

  @Test func refusesWrongRequests() throws {
    try withTemporaryFolder { folder in
      try LatentsFixture.make(folder + "/a.h5")
      let file = try LatentsFile(path: folder + "/a.h5")
      for (index, room) in [(-1, 12), (6, 12), (0, 11), (Int.max, 12)] {
        var values = [Float](repeating: 0, count: room)
        #expect(throws: InputError.self) {
          try values.withUnsafeMutableBufferPointer {
            try file.read(index: index, flip: false, mean: $0, logVariance: $0)
          }
        }
      }
      #expect(throws: InputError.self) { try file.sourcePath(index: 6) }
    }
  }

  @Test func knowsWhenItIsFinished() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let writer = try LatentsFixture.writer(path)
      #expect(try !writer.isFinished())
      try LatentsFixture.make(path)
      try LatentsFixture.write(part: 0, of: writer)
      #expect(try writer.isFinished())
      #expect(!FileManager.default.fileExists(atPath: path + ".parts"))
      var other = LatentsFixture.description
      other.configuration = "seed: 2\n"
      let stranger = try LatentsFixture.writer(path, description: other)
      #expect(throws: InputError.self) { try stranger.isFinished() }
    }
  }

  @Test func refusesStaleAndDamagedParts() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let writer = try LatentsFixture.writer(path)
      try LatentsFixture.write(part: 0, of: writer)
      var other = LatentsFixture.description
      other.vaeHash = "cd"
      let stranger = try LatentsFixture.writer(path, description: other)
      let error = #expect(throws: InputError.self) { try stranger.missingParts() }
      #expect(error?.description.contains("a.h5.parts/part-000000") == true)
      let part = path + ".parts/part-000000"
      let bytes = try ReadOnlyFile(part).bytes(0..<ReadOnlyFile(part).size)
      for damaged in [
        Array(bytes.dropLast()), Array(bytes.prefix(20)), bytes + [0],
        // The count of samples.
        Array(bytes[..<72]) + [UInt8](repeating: 0xFF, count: 8) + Array(bytes[80...]),
        // The place of the first sample.
        Array(bytes[..<80]) + [UInt8](repeating: 0xFF, count: 8) + Array(bytes[88...]),
      ] {
        try AtomicFile.write(damaged, to: part)
        #expect(throws: InputError.self) { try writer.missingParts() }
      }
    }
  }

  @Test func refusesWrongInputs() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.h5"
      let writer = try LatentsFixture.writer(path)
      var part = writer.part(1)
      let good = LatentsFixture.values(3, 0)
      try part.append(index: 4, mean: good, logVariance: good)
      for (index, count) in [(2, 24), (3, 24), (4, 24), (6, 24), (5, 23)] {
        let values = [Float](repeating: 0, count: count)
        #expect(throws: InputError.self) {
          try part.append(index: index, mean: values, logVariance: values)
        }
      }
      // Nothing but broken images.
      for number in 0..<3 { try writer.write(writer.part(number)) }
      #expect(throws: InputError.self) { try writer.finish() }
      #expect(throws: InputError.self) {
        try LatentsWriter(
          path: path, description: LatentsFixture.description,
          sources: [.init(path: "x", label: 3)])
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }
}
