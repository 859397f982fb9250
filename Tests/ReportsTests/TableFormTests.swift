import Foundation
import Storage
import Testing

@testable import Reports

/// The same tables in the terminal, in Markdown and as CSV.
@Suite struct TableFormTests {
  private func orders(_ names: [String] = ["A", "B", "C"]) throws -> StudyResults {
    try #require(
      StudyResults.all(in: ResultsFixture.document(names: names)).first { $0.name == "orders" })
  }

  @Test func terminalTablesAreAlignedAndTheBestIsBold() throws {
    let table = try orders().results
    let plain = table.terminalLines(bold: false)
    #expect(plain.allSatisfy { !$0.contains("\u{1B}") })
    #expect(plain.count == 6)
    // Label, unit and rule above; values end where their column ends.
    #expect(plain[0].contains("fid") && plain[1].contains("[f]") && plain[1].contains("ms"))
    #expect(plain[3].contains("2.50 [2.30, 2.70]"))
    let places = plain[3...].map { line in
      line.range(of: "[").map { line.distance(from: line.startIndex, to: $0.lowerBound) }
    }
    #expect(Set(places).count == 1)

    let bold = table.terminalLines(bold: true)
    func isBold(_ row: Int, _ text: String) -> Bool {
      bold[row + 3].contains("\u{1B}[1m\(text)\u{1B}[0m")
    }
    #expect(isBold(1, "1.60") && isBold(0, "0.9000") && isBold(2, "20.0") && isBold(2, "53.00"))
    let count = bold.joined().components(separatedBy: "\u{1B}[1m").count - 1
    #expect(count == 4)
    let stripped = bold.map {
      $0.replacing("\u{1B}[1m", with: "").replacing("\u{1B}[0m", with: "")
    }
    #expect(stripped == plain)
  }

  @Test func hostileNamesDoNotSteerTheTerminal() throws {
    let lines = try orders(["A", ResultsFixture.hostile, "C"]).results.terminalLines(bold: false)
    #expect(lines.count == 6)
    #expect(lines.joined().unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }

  @Test func markdownHasOneLineForEachRow() throws {
    let study = try orders(["A", ResultsFixture.hostile, "C"])
    let lines = study.results.markdown.split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    // Bars that are not escaped part the columns, as many in every line.
    let bars = lines.map { line in
      line.replacing("\\\\", with: "").replacing("\\|", with: "").count { $0 == "|" }
    }
    #expect(Set(bars) == [study.results.columns.count + 1])
    #expect(lines[3].contains("**1.60** \\[1.45, 1.75\\]"))
    #expect(lines[3].contains("\\<script\\>") && !lines[3].replacing("\\<", with: "").contains("<"))
    #expect(lines[3].contains("\\*\\*c\\*\\*"))
    #expect(!lines[2].contains("**2.50**"))
    #expect(lines[1].hasPrefix("| --- | ---: |"))
  }

  @Test func csvGivesEveryValueBack() throws {
    let document = ResultsFixture.document(names: ["A", ResultsFixture.hostile, "C"])
    for table in document.tables {
      let rows = try CSVReader.rows(table.csv)
      #expect(rows.first == table.columns.map(\.name))
      #expect(rows.count == table.rows + 1)
      for (place, column) in table.columns.enumerated() {
        let texts = rows.dropFirst().map { $0[place] }
        switch column.values {
        case .texts(let values): #expect(texts == values)
        case .integers(let values): #expect(texts.map { Int32($0) } == values)
        case .numbers(let values):
          #expect(texts.map { $0.isEmpty ? nil : Double($0) } == values.map { $0.isNaN ? nil : $0 })
        }
      }
    }
  }
}
