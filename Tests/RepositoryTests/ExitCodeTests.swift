import Diagnostics
import Testing

@Suite struct ExitCodeTests {
  @Test func theTableIsTheCode() throws {
    let rows = MarkdownTable.rows(of: try Repository.text("docs/exit-codes.md")).dropFirst()
    let documented = rows.map { "\($0.cells[0]) \($0.cells[1])" }
    #expect(documented == ExitCode.allCases.map { "\($0.rawValue) `\($0)`" })
    #expect(rows.allSatisfy { !$0.cells[2].isEmpty })
  }
}
