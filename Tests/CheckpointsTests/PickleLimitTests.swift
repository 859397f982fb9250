import Diagnostics
import Testing

@testable import Checkpoints

/// Pickles that would take more time or memory than their length allows.
@Suite struct PickleLimitTests {
  typealias P = PickleCode

  func refusal(_ body: [UInt8]) -> String {
    do {
      _ = try TorchTree(
        PickleReader.only(P.pickle(body), .stateDict), separator: "/", subject: "here")
      return ""
    } catch let error as PickleError {
      return error.inputError("here").description
    } catch {
      return (error as? InputError)?.description ?? "another error"
    }
  }

  func repeated(_ code: [UInt8], _ count: Int) -> [UInt8] {
    // By doubling: appending one at a time takes seconds in a debug build.
    var power = code
    var all: [UInt8] = []
    var rest = count
    while rest > 0 {
      if rest & 1 == 1 { all += power }
      power += power
      rest >>= 1
    }
    return all
  }

  /// As deep as the stack allows, nothing recurs: not building, not freeing.
  @Test func nestingIsNoRecursion() throws {
    let count = 200_000
    let deep = repeated(P.code("]"), count) + repeated(P.code("a"), count - 1)
    let pickle = try PickleReader.only(P.pickle(deep), .stateDict)
    #expect(pickle.heap.nodes.count == count)
    #expect(refusal(deep).contains("nested at most 64 deep"))
    #expect(refusal(repeated([0x85], 100_000)) != "")
    let tuples = P.code(")") + repeated([0x85], 100_000)
    #expect(refusal(tuples).contains("nested at most 64 deep"))
  }

  @Test func selfReferencesEnd() {
    let list = P.code("]q") + [0] + P.code("h") + [0] + P.code("a")
    #expect(refusal(list).contains("one inside itself, at '0/0/0"))
    let tuple = P.code("]q") + [0] + P.code("h") + [0] + [0x85] + P.code("a")
    #expect(refusal(tuple).contains("one inside itself"))
    let record =
      P.object("argparse", "Namespace") + P.code("q") + [0] + P.code("}") + P.string("a")
      + P.code("h") + [0] + P.code("sb")
    #expect(refusal(record).contains("one inside itself"))
  }

  @Test func sharedObjectsAreNotWalkedForEver() throws {
    // Each list holds the one before twice; in the second case, a string in the innermost.
    let level = P.code("q") + [0] + P.code("0](h") + [0] + P.code("h") + [0] + P.code("e")
    #expect(refusal(P.code("]") + repeated(level, 15)) == "")
    #expect(refusal(P.code("]") + repeated(level, 60)).contains("count each time"))
    let text = P.string(String(repeating: "x", count: 1 << 12)) + [0x85]
    #expect(refusal(text + repeated(level, 10)) == "")
    #expect(refusal(text + repeated(level, 13)).contains("at most 16777216 bytes"))
    let wide = P.code("](") + repeated(P.code("N"), 600_000) + P.code("e")
    #expect(refusal(wide).contains("at most 500000 objects"))
  }

  @Test func stackAndPartsAreLimited() {
    #expect(refusal(repeated(P.code("N"), 1 << 20)).contains("one object"))
    #expect(refusal(repeated(P.code("N"), 1 << 20 + 1)).contains("values on the stack"))
    #expect(refusal(repeated(P.code("("), 1 << 20 + 1)).contains("values on the stack"))
    let lists = repeated(P.code("]0"), 700_001)
    #expect(refusal(lists).contains("at most 700000 parts"))
    let elements =
      P.code("]") + repeated(P.code("(") + repeated(P.code("N"), 9) + P.code("e"), 77_778)
    #expect(refusal(elements).contains("at most 700000 parts"))
    // The memo as large as its index would have it would not fit the memory.
    #expect(refusal(P.code("Nr") + [255, 255, 255, 255]) == "")
  }

  @Test func pickleLengthIsLimited() throws {
    let limit = PickleStream.longest
    var stream = PickleStream([UInt8](repeating: 0, count: limit + 1))
    #expect(stream.rest == limit)
    _ = try stream.take(limit)
    #expect(stream.isAtEnd)
    #expect(throws: PickleError.self) { try stream.take(1) }
  }
}
