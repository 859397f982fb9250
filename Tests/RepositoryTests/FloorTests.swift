import Foundation
import Testing

/// Rooms import only rooms of lower floors, as the table in ARCHITECTURE.md has them.
@Suite struct FloorTests {
  /// Rows of the table from low to high, counted from 0, by room.
  private static func floors(_ text: String) -> [String: Int] {
    let rows = MarkdownTable.rows(of: text)
      .filter { $0.heading == "Architecture" && $0.cells.first != "floor" && $0.cells.count == 3 }
    var floors: [String: Int] = [:]
    for (height, row) in rows.reversed().enumerated() {
      for room in row.cells[1].quotedWords { floors[room] = height }
    }
    return floors
  }

  /// The modules that a Swift file imports.
  private static func imports(_ text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      var words = line.split(separator: " ").drop {
        $0.hasPrefix("@") || ["public", "internal", "private", "package"].contains($0)
      }
      guard words.popFirst() == "import", var module = words.popFirst() else { return nil }
      if ["struct", "class", "enum", "func", "protocol", "typealias", "let", "var"].contains(
        module),
        let name = words.popFirst()
      {
        module = name
      }
      return module.split(separator: ".").first.map(String.init)
    }
  }

  private static func violations(
    _ floors: [String: Int], files: [(room: String, path: String, text: String)]
  ) -> [String] {
    files.flatMap { file in
      imports(file.text).compactMap { module -> String? in
        guard let above = floors[file.room] else { return "\(file.room): on no floor" }
        guard let below = floors[module], below >= above else { return nil }
        return "\(file.path): imports \(module), which is not below \(file.room)"
      }
    }
  }

  private static func sources() throws -> [(room: String, path: String, text: String)] {
    let files = FileManager.default.enumerator(atPath: "\(Repository.root)/Sources")
    var sources: [(room: String, path: String, text: String)] = []
    while let path = files?.nextObject() as? String {
      guard path.hasSuffix(".swift"), let room = path.split(separator: "/").first else { continue }
      sources.append((String(room), path, try Repository.text("Sources/\(path)")))
    }
    return sources
  }

  @Test func importsRunDownTheFloors() throws {
    let floors = Self.floors(try Repository.text("ARCHITECTURE.md"))
    let files = try Self.sources()
    #expect(files.count > 100)
    #expect(Self.violations(floors, files: files) == [])
  }

  @Test func everyRoomHasAFloorAndEveryNameIsARoom() throws {
    let rooms = try FileManager.default.contentsOfDirectory(atPath: "\(Repository.root)/Sources")
    let floors = Self.floors(try Repository.text("ARCHITECTURE.md"))
    #expect(Set(floors.keys) == Set(rooms.filter { !$0.hasPrefix(".") }))
  }

  @Test func wrongImportsAreFound() {
    let floors = Self.floors(
      "# Architecture\n| floor | rooms | holds |\n|---|---|---|\n| 1 | `A`, `B` | |\n| 0 | `C` | |\n"
    )
    #expect(floors == ["A": 1, "B": 1, "C": 0])
    func check(_ room: String, _ line: String) -> Int {
      Self.violations(floors, files: [(room, "file", "import Foundation\n\(line)\n")]).count
    }
    #expect(check("A", "import C") == 0)
    #expect(check("A", "import B") == 1)
    #expect(check("C", "public import struct A.Thing") == 1)
    #expect(check("C", "@testable import A") == 1)
    #expect(check("D", "import C") == 2)
  }
}
