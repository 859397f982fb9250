import Diagnostics
import Files
import Foundation
import FuzzSupport
import TemporaryFolders
import Testing

@testable import Storage

/// Damaged HDF5 files. What has lost its seal is opened in a child process, one for each file, so
/// that a crash of HDF5 is a refusal of this file and of no other.
///
/// Another format is another test with its corpus and how it is read.
@Suite struct HDF5FuzzTests {
  let program: String

  init() throws { program = try HDF5ProbeTests().program }

  /// Beside the child's 30 s and 512 MiB, which are bounds of their own.
  private static let bounds = DamagedFiles(shortForm: 16, slowest: .seconds(40))
  /// The child may take three minutes and 2 GiB, and its answer is a copy of the results.
  private static let resultBounds = DamagedFiles(
    shortForm: 16, slowest: .seconds(190), memory: 512 << 20)

  /// The file as it is, and without its seal, so that damage to HDF5's structures is met by HDF5
  /// and not told by the hash.
  private static func corpus(_ path: String) throws -> [[UInt8]] {
    let file = try ReadOnlyFile(path)
    let whole = try file.bytes(0..<file.size)
    var unsealed = whole
    unsealed[0] = 0
    return [whole, unsealed, unsealed, unsealed]
  }

  @Test func latents() throws {
    let corpus = try withTemporaryFolder { folder in
      try LatentsFixture.make(folder + "/latents.h5")
      return try Self.corpus(folder + "/latents.h5")
    }
    try Self.bounds.run("h5-latents", corpus: corpus) { path in
      let file = try LatentsFile(path: path, probe: program)
      var mean = [Float](repeating: 0, count: file.latentCount)
      var logVariance = mean
      for index in 0..<min(file.count, 100) {
        _ = try file.sourcePath(index: index)
        for flip in [false, true] {
          try mean.withUnsafeMutableBufferPointer { mean in
            try logVariance.withUnsafeMutableBufferPointer {
              try file.read(index: index, flip: flip, mean: mean, logVariance: $0)
            }
          }
        }
      }
      guard file.labels.count == file.count else {
        throw DamagedFiles.Contradiction("\(file.labels.count) labels of \(file.count)")
      }
    }
  }

  @Test func features() throws {
    let corpus = try withTemporaryFolder { folder in
      try Self.corpus(FeaturesFixture.make(folder).path)
    }
    try Self.bounds.run("h5-features", corpus: corpus) { path in
      let file = try FeaturesFile(path: path, probe: program)
      for column in FeatureColumn.allCases where file.has(column) {
        let values = try file.read(column, rows: 0..<file.count)
        guard values.count == file.count * file.description.dimensions(of: column) else {
          throw DamagedFiles.Contradiction("\(values.count) values in \(column)")
        }
      }
      let counts = [
        try file.imageHashes().count, try file.imageFormats().count, try file.imageSizes().count,
        try file.sourceIndices().count, try file.labels()?.count ?? file.count,
      ]
      guard counts.allSatisfy({ $0 == file.count }) else {
        throw DamagedFiles.Contradiction("\(counts) records of \(file.count)")
      }
    }
  }

  @Test func results() throws {
    let corpus = try withTemporaryFolder { folder in
      try ResultsDocumentTests.document().write(to: folder + "/results.h5")
      let file = try ReadOnlyFile(folder + "/results.h5")
      return [try file.bytes(0..<file.size)]
    }
    try Self.resultBounds.run("h5-results", corpus: corpus) { path in
      let document = try ResultsDocument(unknown: path, probe: program)
      for table in document.tables {
        guard table.columns.allSatisfy({ $0.values.count == table.rows }) else {
          throw DamagedFiles.Contradiction("columns of \(table.columns.map(\.values.count))")
        }
      }
      for picture in document.pictures {
        guard picture.pixels.count == 3 * picture.width * picture.height else {
          throw DamagedFiles.Contradiction("\(picture.pixels.count) bytes in \(picture.path)")
        }
      }
    }
  }

  /// A small file that claims much is refused before memory is taken.
  @Test func claimsBeyondTheFileAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/results.h5"
      try ResultsDocumentTests.document().write(to: path)
      var bytes = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
      // The extent 2 of a table's one dimension, in its dataspace message: version 1, rank 1,
      // with the largest extent after it.
      var changed = 0
      for place in 0..<bytes.count - 24
      where Array(bytes[place..<place + 3]) == [1, 1, 1] && bytes[place + 8] == 2
        && bytes[place + 9..<place + 16].allSatisfy({ $0 == 0 })
      {
        // Extent and largest extent.
        bytes[place + 12] = 0x40
        bytes[place + 20] = 0x40
        changed += 1
      }
      try #require(changed > 0)
      try OutputFile(path).write(bytes)
      let error = #expect(throws: InputError.self) {
        try ResultsDocument(unknown: path, probe: program)
      }
      #expect(error?.description.contains("results.h5") == true)
    }
  }
}
