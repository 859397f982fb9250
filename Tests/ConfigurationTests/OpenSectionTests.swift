import Diagnostics
import Testing

@testable import Configuration

/// Sections that are decoded after some of their keys were changed.
@Suite struct OpenSectionTests {
  private struct Studies: ConfigurationSchema {
    var base = OpenSection()
    var set: [(key: String, value: OpenValue)] = []
    var cells: [(name: String, values: [(key: String, value: OpenValue)])] = []
    var grid: [(key: String, values: [OpenValue])] = []

    mutating func fields(_ table: ConfigurationFields) throws {
      try table.open("base", &base)
      try table.open("set", &set)
      try table.open("cells", &cells)
      try table.open("grid", &grid, count: 1...3)
    }
  }

  private struct Inner: ConfigurationSchema, Equatable {
    var name = ""
    var steps = 1
    var widths = [1]
    mutating func fields(_ table: ConfigurationFields) throws {
      try table.required("name", &name)
      try table.optional("steps", &steps, in: .range(1...9))
      try table.list("widths", &widths, count: 0...4)
    }
  }

  private struct Outer: ConfigurationSchema, Equatable {
    var inner = Inner()
    mutating func fields(_ table: ConfigurationFields) throws {
      try table.section("inner", &inner)
    }
  }

  private static let text = """
    base:
      inner: {name: "7"}
    set: {inner.steps: 3}
    cells:
      + one: {inner.widths: [2, 3]}
      two: {}
    grid:
      inner.name: [a, "8"]
      inner.widths: [[1], []]
    """

  private func read(_ text: String = Self.text) throws -> Studies {
    try ConfigurationFile(text: text, name: "s.yaml").decode(Studies.self)
  }

  @Test func valuesReplaceOnesOfTheBase() throws {
    let studies = try read()
    #expect(studies.cells.map(\.name) == ["+ one", "two"])
    #expect(studies.grid.map(\.key) == ["inner.name", "inner.widths"])
    #expect(studies.grid[0].values.map(\.description) == ["a", "8"])
    #expect(studies.grid[1].values.map(\.description) == ["[1]", "[]"])
    var base = studies.base
    #expect(base.holds("inner.name") && !base.holds("inner.steps") && !base.holds("name"))
    #expect(base.holdsSection("inner") && !base.holdsSection("inner.name"))
    for change in studies.set + studies.cells[0].values {
      base = try base.setting(change.key, to: change.value)
    }
    let outer = try base.decode(Outer.self)
    #expect(outer.inner.name == "7")
    #expect(outer.inner.steps == 3)
    #expect(outer.inner.widths == [2, 3])
    // The base itself stays.
    #expect(try studies.base.decode(Outer.self).inner.steps == 1)
  }

  @Test func isWrittenAsItReadsBack() throws {
    let studies = try read()
    let yaml = try ResolvedConfiguration(studies).yaml
    let again = try read(yaml)
    #expect(try ResolvedConfiguration(again).yaml == yaml)
    #expect(try again.base.decode(Outer.self) == studies.base.decode(Outer.self))
    #expect(again.cells.map(\.name) == studies.cells.map(\.name))
    // What was text stays text.
    let name = again.grid[0].values[1]
    #expect(try again.base.setting("inner.name", to: name).decode(Outer.self).inner.name == "8")
  }

  @Test(arguments: [
    ("inner.stepps", "4", "unknown key; did you mean base.inner.steps?"),
    ("inner.steps", "10", "expected an integer from 1 to 9, found 10"),
    ("inner.name.first", "4", "expected a section to set first in"),
    ("inner..steps", "4", "expected a key like sample.sampling.plan, found 'inner..steps'"),
  ])
  func mistakesNameTheirPlace(_ key: String, _ value: String, _ message: String) throws {
    let base = try read().base
    let change = try OpenValue(yaml: value, place: "\(key)=\(value)")
    let error = #expect(throws: InputError.self) {
      try base.setting(key, to: change).decode(Outer.self)
    }
    let text = error?.description ?? ""
    #expect(text.contains(message) && text.contains("\(key)=\(value)"), "\(text)")
  }

  @Test func whatIsNoListOrSectionIsRefused() {
    for (text, message) in [
      ("grid: {a: 1}", "s.yaml:1: grid.a: expected a list of 1 to 3, found 1"),
      ("grid: {a: []}", "s.yaml:1: grid.a: expected a list of 1 to 3, found a list of 0"),
      ("cells: {a/b: {}}", "names of up to 60 characters without '/'"),
      ("cells: {a: 1}", "s.yaml:1: cells.a: expected a section of keys, found 1"),
      ("base: 1", "s.yaml:1: base: expected a section of keys, found 1"),
    ] {
      let error = #expect(throws: InputError.self) { try read(text) }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
  }
}
