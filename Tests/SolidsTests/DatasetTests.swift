import Diagnostics
import Foundation
import Synchronization
import Testing

@testable import Solids

@Suite("Rendered folders")
final class DatasetTests {
  private struct Stop: Error {}

  private let folder = NSTemporaryDirectory() + "solids-" + UUID().uuidString

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func parameters(
    _ classes: [SolidClass] = [.cube, .torus], perClass: Int = 3, seed: UInt64 = .max
  ) throws -> SolidDataset.Parameters {
    try SolidDataset.Parameters(classes: classes, perClass: perClass, size: 16, seed: seed)
  }

  /// Every file below the folder with its bytes.
  private func contents(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      files[name] = FileManager.default.contents(atPath: folder + "/" + name)
    }
    return files.filter { $0.key.contains(".") }
  }

  /// The pixels themselves stand in for a JPEG.
  private func render(
    _ parameters: SolidDataset.Parameters, to place: String = "", workers: Int = 1,
    observe: @escaping @Sendable (SolidDataset.Progress) throws -> Void = { _ in }
  ) throws {
    try SolidDataset.render(
      parameters, to: folder + place, workers: workers, encode: { pixels, _, _ in pixels },
      observe: observe)
  }

  @Test("the tree, its marker and its progress")
  func tree() throws {
    let seen = Mutex<[SolidDataset.Progress]>([])
    let wanted = try parameters()
    #expect(try SolidDataset.completed(in: folder) == nil)
    try render(wanted, workers: 2) { progress in seen.withLock { $0.append(progress) } }
    let files = try contents(folder)
    #expect(
      files.keys.sorted() == [
        "cube/cube_000000.jpeg", "cube/cube_000001.jpeg", "cube/cube_000002.jpeg", "dataset.json",
        "torus/torus_000000.jpeg", "torus/torus_000001.jpeg", "torus/torus_000002.jpeg",
      ])
    let image = try SolidDataset.image(class: .torus, index: 2, seed: .max, size: 16)
    #expect(files["torus/torus_000002.jpeg"] == Data(image))
    #expect(try SolidDataset.completed(in: folder) == wanted)
    #expect(seen.withLock { $0.map(\.done) } == Array(1...6))
    #expect(seen.withLock { $0.last } == .init(done: 6, total: 6, written: 6))
  }

  @Test("bytes depend on neither workers, count nor the other classes")
  func independence() throws {
    try render(parameters(), to: "/a", workers: 1)
    try render(parameters(SolidClass.allCases, perClass: 5), to: "/b", workers: 4)
    let few = try contents(folder + "/a")
    let many = try contents(folder + "/b")
    #expect(many.count == 51)
    for (name, bytes) in few where name.hasSuffix(".jpeg") {
      #expect(many[name] == bytes, "\(name)")
    }
  }

  @Test("a stopped rendering has no marker and is continued")
  func resume() throws {
    let wanted = try parameters()
    #expect(throws: Stop.self) {
      try render(wanted) { if $0.done == 4 { throw Stop() } }
    }
    #expect(try SolidDataset.completed(in: folder) == nil)
    // What a kill and a power failure may leave.
    let remnant = folder + "/cube/cube_000001.jpeg.tmp-1"
    #expect(FileManager.default.createFile(atPath: remnant, contents: Data([1])))
    #expect(
      FileManager.default.createFile(
        atPath: folder + "/cube/cube_000001.jpeg", contents: Data()))

    let last = Mutex<SolidDataset.Progress?>(nil)
    try render(wanted, workers: 2) { progress in last.withLock { $0 = progress } }
    #expect(last.withLock { $0 } == .init(done: 6, total: 6, written: 3))
    try render(wanted, to: "/whole")
    let whole = try contents(folder + "/whole")
    try FileManager.default.removeItem(atPath: folder + "/whole")
    #expect(try contents(folder) == whole)

    try render(wanted) { progress in last.withLock { $0 = progress } }
    #expect(last.withLock { $0 } == .init(done: 6, total: 6, written: 0))
  }

  @Test("a folder that a kill left before its rendering was noted is begun")
  func earliestKill() throws {
    #expect(SolidDataset.canBegin(in: folder))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in [".lock", "dataset.json.begun.tmp-77"] {
      #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: Data([1])))
    }
    #expect(SolidDataset.canBegin(in: folder))
    try render(parameters())
    #expect(try contents(folder).count == 7)
    #expect(!SolidDataset.canBegin(in: folder))
  }

  @Test("one run at a time, and a folder moved away is an error")
  func concurrency() throws {
    let wanted = try parameters()
    let folder = folder
    let error = try #require(throws: InputError.self) {
      try render(wanted) { _ in
        try SolidDataset.render(wanted, to: folder, workers: 1, encode: { pixels, _, _ in pixels })
      }
    }
    #expect(error.description.contains("in use by process \(getpid()) on "))
    let moved = try #require(throws: InputError.self) {
      try render(wanted) { progress in
        if progress.done == 2 {
          try FileManager.default.moveItem(atPath: folder, toPath: folder + "-moved")
        }
      }
    }
    try FileManager.default.removeItem(atPath: folder + "-moved")
    #expect(moved.description.contains("began in"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/dataset.json"))
  }

  @Test("a folder of other parameters is refused, whole or begun", arguments: [true, false])
  func mismatch(isWhole: Bool) throws {
    if isWhole {
      try render(parameters(seed: 11))
    } else {
      #expect(throws: Stop.self) { try render(parameters(seed: 11)) { _ in throw Stop() } }
    }
    let before = try contents(folder)
    let error = try #require(throws: InputError.self) { try render(parameters(seed: 12)) }
    #expect(error.description.contains("seed 11"))
    #expect(error.description.contains("seed 12"))
    #expect(error.description.contains(folder))
    #expect(try contents(folder) == before)
  }

  @Test("a folder of other things is refused")
  func foreign() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/cube", withIntermediateDirectories: true)
    let error = try #require(throws: InputError.self) { try render(parameters()) }
    #expect(error.description.contains("dataset.json"))
  }

  @Test(
    "a marker that is none is refused",
    arguments: [
      "", "{}", "[1, 2]",
      "{\"version\": 1, \"classes\": [\"cube\"], \"perClass\": -1,"
        + " \"size\": 64, \"seed\": 1, \"quality\": 95}",
    ])
  func garbage(text: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    #expect(
      FileManager.default.createFile(atPath: folder + "/dataset.json", contents: Data(text.utf8)))
    #expect(throws: InputError.self) { try render(parameters()) }
    #expect(throws: InputError.self) { try SolidDataset.completed(in: folder) }
  }

  @Test("an error of the encoder stops the rendering and is passed on")
  func encoderFailure() throws {
    #expect(throws: Stop.self) {
      try SolidDataset.render(
        parameters(perClass: 100), to: folder, workers: 3, encode: { _, _, _ in throw Stop() })
    }
    #expect(try contents(folder).keys.sorted() == ["dataset.json.begun"])
  }

  @Test("impossible parameters are refused")
  func impossible() {
    func refused(
      _ classes: [SolidClass] = [.cube], perClass: Int = 1, size: Int = 64, quality: Int = 95,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(throws: InputError.self, sourceLocation: sourceLocation) {
        try SolidDataset.Parameters(
          classes: classes, perClass: perClass, size: size, seed: 0, quality: quality)
      }
    }
    refused([])
    refused(perClass: 0)
    refused(perClass: 1_000_001)
    refused(size: 4)
    refused(quality: 0)
    refused(quality: 101)
  }

  @Test("classes are taken once and in label order")
  func order() throws {
    #expect(try parameters([.torus, .cube, .torus]) == parameters([.cube, .torus]))
  }
}
