import Checkpoints
import Diagnostics
import Testing

/// Archives beyond the fixtures, made by hand: unusual ones that are right, and wrong ones.
@Suite struct ZipStructureTests {
  typealias Member = HandMadeZip.Member

  static let text = Array("some text that is stored".utf8)
  static let a = Member("a", text)
  static let b = Member.deflated("b", text + text + text)

  @Test func readsUnusualArchives() throws {
    let (a, b) = (Self.a, Self.b)
    let late = { (member: Member) in member.with { $0.hasDescriptor = true } }
    let wide = { (member: Member) in member.with { $0.usesZip64 = true } }
    let padded = a.with { $0.localExtra = Array("FB".utf8) + [5, 0] + Array("ZZZZZ".utf8) }
    let aligned = a.with {
      $0.localExtra = [0, 0]
      $0.extra = [9, 9, 0, 0, 1, 1, 1]
    }
    for (bytes, line) in [
      (HandMadeZip([a, b]).finished(), #line),
      (HandMadeZip([late(a), late(b)]).finished(), #line),
      (HandMadeZip([wide(a), wide(b)]).finished(), #line),
      (HandMadeZip([wide(late(a)), wide(late(b))]).finished(), #line),
      (HandMadeZip([wide(a), wide(b)]).finished { $0.usesZip64 = true }, #line),
      (
        HandMadeZip([a, b]).finished {
          $0.usesZip64 = true; $0.shortCount = 2
        }, #line
      ),
      (HandMadeZip([padded, b]).finished(), #line),
      (
        HandMadeZip([aligned, b]).finished { $0.comment = Array("PK\u{5}\u{6} a comment".utf8) },
        #line
      ),
    ] {
      let contents = try zipContents(bytes)
      #expect(contents == ["a": a.contents, "b": b.contents], "line \(line)")
    }
    let empty = [Member("x/", []), Member.deflated("..x", []), Member("é", [1])]
    #expect(try zipContents(HandMadeZip(empty).finished()) == ["x/": [], "..x": [], "é": [1]])
  }

  @Test func streamsInPieces() throws {
    let contents = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 * $0 >> 9) }
    let bytes = HandMadeZip([Member("s", contents), .deflated("d", contents)]).finished()
    try withArchive(bytes) { archive in
      for member in archive.members {
        var read: [UInt8] = []
        try archive.forEachChunk(of: member) {
          read.append(contentsOf: $0)
          #expect(0 < $0.count && $0.count <= 1 << 20)
        }
        #expect(read == contents)
        #expect(try archive.bytes(member, atMost: contents.count) == contents)
        #expect(throws: InputError.self) {
          try archive.bytes(member, atMost: contents.count - 1)
        }
      }
    }
  }

  @Test func refusesWrongMembers() {
    let (a, b) = (Self.a, Self.b)
    let size = Self.text.count
    let huge = [1, 0, 24, 0] + little(UInt64(size)) + little(UInt64(size))
    let field = [1, 0, 16, 0] + little(UInt64(size)) + little(UInt64(size))
    var wrong: [(String, Member)] = [
      ("method only in the directory", a.with { $0.localMethod = 8 }),
      ("unknown method", a.with { $0.method = 12 }),
      ("encrypted", a.with { $0.flags = 1 }),
      ("encrypted in its header alone", a.with { $0.localFlags = 1 }),
      ("strongly encrypted", a.with { $0.flags = 1 << 6 }),
      ("hidden header", a.with { $0.flags = 1 << 13 }),
      ("patch", a.with { $0.flags = 1 << 5 }),
      ("another name", a.with { $0.localName = [0x63] }),
      ("another size", a.with { $0.localSize = 1 }),
      ("stored with two sizes", a.with { $0.size = size + 1 }),
      ("extra field beyond the directory", a.with { $0.extra = [1, 0, 0xFF, 0xFF] }),
      ("local extra field beyond its header", a.with { $0.localExtra = [9, 9, 9, 9] }),
      ("data in the directory", a.with { ($0.size, $0.compressedSize) = (size + 9, size + 9) }),
      ("header inside its directory", a.with { $0.offset = 30 + 1 + size }),
      ("header in its own data", a.with { $0.offset = 5 }),
      ("another disk", a.with { $0.disk = 1 }),
      (
        "Zip64 size of 2^63",
        a.with {
          $0.usesZip64 = true
          $0.extra =
            [1, 0, 24, 0] + little(UInt64(1) << 63) + little(UInt64(1) << 63) + little(UInt64(0))
        }
      ),
      (
        "Zip64 offset of 2^63 - 1",
        a.with {
          $0.usesZip64 = true
          $0.extra = huge + little(UInt64(Int.max))
        }
      ),
      (
        "Zip64 sizes of 2^63 - 1",
        a.with {
          $0.usesZip64 = true
          $0.extra =
            [1, 0, 24, 0] + little(UInt64(Int.max)) + little(UInt64(Int.max)) + little(UInt64(0))
        }
      ),
      (
        "Zip64 field without an offset",
        a.with {
          $0.usesZip64 = true
          $0.extra = field
        }
      ),
      (
        "no Zip64 field",
        a.with {
          $0.usesZip64 = true
          $0.extra = []
        }
      ),
      ("two Zip64 fields", a.with { $0.extra = field + field }),
      ("two Zip64 fields in its header", a.with { $0.localExtra = field + field }),
      ("fewer bytes than claimed", b.with { $0.size = $0.contents.count + 1 }),
      ("more bytes than claimed", b.with { $0.size = $0.contents.count - 1 }),
      ("no bytes claimed", b.with { $0.size = 0 }),
      ("more than deflate can hold", b.with { $0.size = 1032 * $0.data.count + 1 }),
      ("bytes behind the deflated ones", b.with { $0.data += [0] }),
      ("deflated bytes cut off", b.with { $0.data.removeLast() }),
      ("no deflated bytes", b.with { ($0.data, $0.contents) = ([], []) }),
      ("a deflate block of the reserved kind", b.with { $0.data = [7] }),
      ("a distance beyond the start", b.with { $0.data = [0x4B, 0x04, 0x42, 0] }),
      ("other contents", b.with { $0.contents[0] ^= 1 }),
    ]
    for name in ["", "/a", "../a", "c/../a", "..", "c\\a", "a\0", "a\u{1B}[2J", "a\n", "a\u{7F}"] {
      wrong.append(("name \(name.debugDescription)", Member(name, [1])))
    }
    wrong.append(("name in Latin-1", a.with { $0.name = [0xE9] }))
    for (fault, member) in wrong {
      let error = #expect(throws: InputError.self, "\(fault)") {
        try zipContents(HandMadeZip([member]).finished())
      }
      #expect(error?.description.contains("a.zip: ") == true)
    }
  }

  @Test func refusesMembersThatShareWhatIsTheirs() {
    let (a, b) = (Self.a, Self.b)
    for (fault, members) in [
      ("one name", [a, a]),
      ("one name, spelled in two ways", [Member("\u{E9}", [1]), Member("e\u{301}", [2])]),
      ("one body", [a, a.with { ($0.name, $0.offset) = ([0x63], 0) }]),
      (
        "a member in another's data",
        [
          Member("outer", HandMadeZip([b]).bytes), b.with { $0.offset = 30 + 5 },
        ]
      ),
    ] {
      #expect(throws: InputError.self, "\(fault)") {
        try zipContents(HandMadeZip(members).finished())
      }
    }
  }

  @Test func refusesWrongEnds() {
    let zip = HandMadeZip([Self.a, Self.b])
    let faults: [(String, (inout HandMadeZip.End) -> Void)] = [
      ("one member too few", { $0.count = 1 }),
      ("one member too many", { $0.count = 3 }),
      ("no members", { $0.count = 0 }),
      ("another count on this disk", { $0.countHere = 1 }),
      ("another disk", { $0.disk = 1 }),
      ("directory one byte on", { $0.offset = UInt64(zip.bytes.count) + 1 }),
      ("directory one byte before", { $0.offset = UInt64(zip.bytes.count) - 1 }),
      ("a gap behind the directory", { $0.size = 10 }),
      ("bytes behind the end", { $0.rest = [0] }),
      ("a comment cut off", { $0.commentLength = 9 }),
      ("Zip64 count of 2^40", { ($0.usesZip64, $0.count) = (true, 1 << 40) }),
      ("Zip64 count of 2^64 - 1", { ($0.usesZip64, $0.count) = (true, .max) }),
      ("Zip64 directory of 2^62 bytes", { ($0.usesZip64, $0.size) = (true, 1 << 62) }),
      ("Zip64 directory at 2^63", { ($0.usesZip64, $0.offset) = (true, 1 << 63) }),
      ("Zip64 directory at 2^63 - 1", { ($0.usesZip64, $0.offset) = (true, 1 << 63 - 1) }),
      ("Zip64 record elsewhere", { ($0.usesZip64, $0.locator) = (true, 0) }),
      ("Zip64 record at 2^64 - 1", { ($0.usesZip64, $0.locator) = (true, .max) }),
      ("Zip64 record behind its locator", { ($0.usesZip64, $0.locator) = (true, 100_000) }),
      ("Zip64 record of 2^64 - 1 bytes", { ($0.usesZip64, $0.recordSize) = (true, .max) }),
      ("Zip64 on two disks", { ($0.usesZip64, $0.diskCount) = (true, 2) }),
      ("Zip64 and short counts that differ", { ($0.usesZip64, $0.shortCount) = (true, 1) }),
    ]
    for (fault, change) in faults {
      #expect(throws: InputError.self, "\(fault)") { try zipContents(zip.finished(change)) }
    }
    let prefixed = [0, 1, 2] + zip.finished()
    #expect(throws: InputError.self) { try zipContents(prefixed) }
    for count in [0, 1, 4, 21, 22, 60] {
      #expect(throws: InputError.self) { try zipContents(Array(zip.finished().prefix(count))) }
    }
  }

  /// What is asked for in whole is refused by its claimed size, before memory is taken.
  @Test func refusesBombsByTheirSize() throws {
    let zeros = deflate([UInt8](repeating: 0, count: 8_000_000))
    let bomb = Member.deflated("bomb", []).with {
      ($0.data, $0.size) = (zeros, 8_000_000)
    }
    try withArchive(HandMadeZip([bomb]).finished(), checksums: .ignored) { archive in
      let member = archive.members[0]
      #expect(throws: InputError.self) { try archive.bytes(member, atMost: 1 << 20) }
      var count = 0
      try archive.forEachChunk(of: member) { count += $0.count }
      #expect(count == 8_000_000)
    }
  }
}
