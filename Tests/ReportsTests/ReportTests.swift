import Diagnostics
import Files
import Foundation
import Storage
import TemporaryFolders
import Testing

@testable import Reports

@Suite struct ReportTests {
  private func page(_ document: ResultsDocument) throws -> (html: String, page: PageReader) {
    let html = try #require(
      try Report(document, path: "results.h5").files().first { $0.name == "report.html" }
    ).content
    return (html, try PageReader(html))
  }

  @Test func thePageHoldsEverythingItself() throws {
    let (html, page) = try page(ResultsFixture.document())
    #expect(html.hasPrefix("<!DOCTYPE html>\n"))
    #expect(page.strangers == [])
    #expect(page.all("h2").map(\.text) == ["Orders orders", "Counts of R counts", "Trainings"])
    // The best of each column that has one.
    let strong = page.all("strong").map(\.text)
    for text in ["1.60", "0.9000", "20.0", "53.00", "22.0"] { #expect(strong.contains(text)) }
    #expect(page.all("dd").map(\.text).contains("A \"fast\" one"))
    #expect(page.all("code").first?.text == "output: runs/a\nbase: <none> & 'more'\n")
    #expect(html.contains("prefers-color-scheme: dark"))
    #expect(page.all("meta").contains { $0.attributes["name"] == "viewport" })
    // Two different pictures of three cells: the third is named and not repeated.
    #expect(page.all("img").count == 2)
    #expect(page.all("figcaption").contains { $0.text.hasSuffix("the same as “A” of orders") })
    for image in page.all("img") {
      let data = image.attributes["src"]?.split(separator: ",").last.flatMap {
        Data(base64Encoded: String($0))
      }
      #expect(data?.starts(with: [0x89, 0x50, 0x4E, 0x47]) == true)
    }
    #expect(page.all("li").contains { $0.text == "failed: R2 (seed 0): it <broke>" })
    #expect(
      page.all("figcaption").contains { $0.text == "training of a refiner, of orders (B, C)" })
  }

  @Test func hostileNamesStayText() throws {
    let (html, page) = try page(ResultsFixture.document(names: ["A", "B", ResultsFixture.hostile]))
    #expect(page.strangers == [])
    #expect(!html.contains("<script"))
    #expect(!html.contains("\u{1B}"))
    #expect(page.all("td").contains { $0.text.hasPrefix("<script>alert('1')</script> | \"a\"") })
    #expect(page.all("img").contains { $0.attributes["alt"]?.contains("<script>") == true })
  }

  @Test func budgetsAreTablesOfTheirOwn() throws {
    let report = try Report(ResultsFixture.document(), path: "results.h5")
    let tables = try #require(report.studies.first { $0.name == "orders" }).budgets
    #expect(tables.map(\.title) == ["At the evaluations of A (16)", "At the time of A (47.25 ms)"])
    #expect(tables[0].columns.map(\.label) == ["family", "fid", "by"])
    #expect(
      tables[0].rows.map { $0.map(\.text) } == [
        ["heun", "2.50", "A"], ["FlowTurbo", "1.60", "B"],
      ])
    #expect(tables[0].rows.map { $0[1].isBest } == [false, true])
    // Of one family alone nothing is best.
    #expect(
      tables[1].rows.map { $0.map(\.text) } == [["heun", "2.50", "A"], ["FlowTurbo", "–", ""]])
    #expect(tables[1].rows.allSatisfy { !$0[1].isBest })
    #expect(report.markdown.contains("### At the time of A (47.25 ms)"))
    #expect(try page(ResultsFixture.document()).html.contains("At the evaluations of A (16)"))
    // What is laid out in another way is no table of budgets.
    #expect(BudgetTables.all(ResultTable("budgets/a", title: "", columns: [])).isEmpty)
  }

  @Test func nothingYetIsAReportToo() throws {
    let empty = ResultsDocument(attributes: [], tables: [], pictures: [])
    #expect(try page(empty).page.all("p").map(\.text) == [Report.nothing])
    let report = try Report(empty, path: "a.h5")
    #expect(report.terminalText(bold: true) == Report.nothing + "\n")
    #expect(report.markdown.contains(Report.nothing))
    // A picture of no size, as a strange file may have it, is passed over.
    var document = ResultsFixture.document()
    document.pictures = [
      ResultPicture("grids/orders/A", title: "", width: 0, height: 0, pixels: [])
    ]
    #expect(try page(document).page.all("img").isEmpty)
  }

  @Test func someStudiesAlone() throws {
    let document = ResultsFixture.document()
    let report = try Report(document, path: "a.h5", only: ["counts"])
    #expect(
      try report.files().map(\.name) == [
        "report.html", "tables.md", "counts.csv", "summary-counts.csv", "curves-abc-steps.csv",
        "curves-abc-held_out.csv",
      ])
    #expect(report.trainings.isEmpty)
    #expect(!report.terminalText(bold: false).contains("orders"))
    let error = #expect(throws: InputError.self) {
      try Report(document, path: "a.h5", only: ["order"])
    }
    #expect(error?.description == "--study: expected one of orders, counts, found 'order'")
  }

  @Test func filesStayInTheirFolder() throws {
    var document = ResultsFixture.document()
    for path in ["tables/../../evil", "tables/..", "summary/a b", "summary/a_b", "tables/"] {
      document.tables.append(
        ResultTable(path, title: "", columns: [ResultsFixture.texts("cell", ["a"])]))
    }
    try withTemporaryFolder { folder in
      let page = try Report(document, path: "a.h5").write(to: folder + "/new/report")
      #expect(page == folder + "/new/report/report.html")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["new"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new") == ["report"])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/new/report")
      #expect(names.count == 2 + document.tables.count)
      #expect(names.allSatisfy { !$0.hasPrefix(".") && !$0.contains("tmp") })
      #expect(Set(names).isSuperset(of: ["summary-a_b.csv", "summary-a_b-2.csv", "orders.csv"]))
      // The same again gives the same files.
      let before = try names.map { try FileHash.sha256(ofFile: "\(folder)/new/report/\($0)") }
      try Report(document, path: "a.h5").write(to: folder + "/new/report")
      #expect(try names.map { try FileHash.sha256(ofFile: "\(folder)/new/report/\($0)") } == before)
    }
  }

  @Test func theFolderIsNamedAfterTheFile() {
    #expect(Report.defaultFolder(of: "runs/a/results.h5") == "runs/a/results-report")
    #expect(Report.defaultFolder(of: "results") == "results-report")
  }
}
