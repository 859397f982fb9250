import Diagnostics
import Foundation
import Testing

@testable import Files

@Suite(.serialized)
struct MappedFileTests {
  private static func write(_ count: Int) throws -> String {
    let path = NSTemporaryDirectory() + "mapped-\(UUID().uuidString)"
    try Data((0..<count).map { UInt8($0 % 251) }).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func holdsTheFilesBytesAndOutlivesItsName() throws {
    let path = try Self.write(10_000)
    let file = try ReadOnlyFile(path)
    let map = try #require(file.mapped)
    #expect(map.bytes.count == 10_000)
    #expect(file.mapped === map)
    try FileManager.default.removeItem(atPath: path)
    #expect(map.bytes.enumerated().allSatisfy { $1 == UInt8($0 % 251) })
  }

  @Test func writesStayPrivate() throws {
    let path = try Self.write(100)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let map = try #require(try ReadOnlyFile(path).mapped)
    map.bytes[5] = 255
    #expect(try ReadOnlyFile(path).bytes(5..<6) == [5])
  }

  @Test func anEmptyFileIsNotMapped() throws {
    let path = try Self.write(0)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try ReadOnlyFile(path).mapped == nil)
  }

  /// There is room for 256 maps; further files are to be read.
  @Test func manyMaps() throws {
    let path = try Self.write(100)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var maps = try (0..<300).compactMap { _ in try ReadOnlyFile(path).mapped }
    #expect((1...256).contains(maps.count))
    let last = try #require(maps.last)
    #expect(last.bytes[99] == 99)
    maps = []
    #expect(try ReadOnlyFile(path).mapped != nil)
  }

  /// Nothing is written from a file that became another one while it was mapped.
  @Test func aMappedFileWrittenOverIsNoticed() throws {
    let path = try Self.write(10_000)
    let made = path + "-made"
    defer { for file in [path, made] { try? FileManager.default.removeItem(atPath: file) } }
    var map = try ReadOnlyFile(path).mapped
    try AtomicFile.write("before", to: made)
    // Its name goes to another file: what is mapped stays.
    try AtomicFile.write("another", to: path)
    try AtomicFile.write("renamed", to: made)
    map = try ReadOnlyFile(path).mapped
    #expect(map != nil)
    try OutputFile(path, truncating: false).write([1, 2, 3])
    let error = #expect(throws: InputError.self) { try AtomicFile.write("after", to: made) }
    #expect(error?.description.hasPrefix("\(path): ") == true)
    #expect(try String(contentsOfFile: made, encoding: .utf8) == "renamed")
    map = nil
    try AtomicFile.write("after", to: made)
  }

  @Test func aFileCutShortEndsTheProcessWithItsName() async throws {
    let ending = await #expect(
      processExitsWith: .exitCode(2), observing: [\.standardErrorContent]
    ) {
      MappedFile.reportFaults()
      let path = try MappedFileTests.write(1 << 20)
      let map = try #require(try ReadOnlyFile(path).mapped)
      truncate(path, 4096)
      unlink(path)
      // Beyond what is left of the file: a fault.
      exit(Int32(map.bytes[1 << 19]))
    }
    let text = String(decoding: ending?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("mapped-"))
    #expect(text.contains("cut short"))
  }
}
