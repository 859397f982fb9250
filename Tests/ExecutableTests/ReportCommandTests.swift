import Foundation
import Storage
import Testing

/// `flowturbo report` as users start it.
@Suite struct ReportCommandTests {
  /// One study of two cells, of which one waits.
  private static func newPlace() throws -> Workplace {
    let place = try Workplace()
    func numbers(_ name: String, _ values: [Double]) -> ResultColumn {
      ResultColumn(name, .numbers(values), unit: "1", description: "")
    }
    try ResultsDocument(
      attributes: [("commit", "0123abc")],
      tables: [
        ResultTable(
          "tables/orders", title: "Orders of blocks",
          columns: [
            .init("cell", .texts(["H1", "H2", "H3"]), description: ""),
            .init("seed", .integers([0, 0, 0]), description: ""),
            .init("status", .texts(["done", "done", "pending"]), description: ""),
          ]),
        ResultTable(
          "summary/orders", title: "Orders of blocks: means over seeds",
          columns: [
            .init("cell", .texts(["H1", "H2", "H3"]), description: ""),
            numbers("fid[f]", [2, 1.5, .nan]), numbers("fid[f]_low", [1.8, 1.3, .nan]),
            numbers("fid[f]_high", [2.2, 1.7, .nan]),
            numbers("predictor_evaluations", [2, 4, .nan]),
          ]),
      ],
      pictures: [
        ResultPicture("grids/orders/H1", title: "", width: 1, height: 1, pixels: [1, 2, 3])
      ]
    ).write(to: place.path("sweep/results.h5"))
    return place
  }

  @Test func printsTablesAndWritesFiles() throws {
    let place = try Self.newPlace()
    let ending = try place.succeed(.flowturbo, ["report", "sweep/results.h5"])
    #expect(ending.output.contains("orders: Orders of blocks\n"))
    #expect(ending.output.contains("1.50 [1.30, 1.70]"))
    #expect(ending.output.contains("pending: 1 of 3: H3 (seed 0)"))
    #expect(ending.output.hasSuffix("sweep/results-report/report.html\n"))
    // Standard output is a file here.
    #expect(!ending.output.contains("\u{1B}"))
    let page = place.text("sweep/results-report/report.html")
    #expect(page.contains("<strong>1.50</strong>") && page.contains("data:image/png;base64,"))
    #expect(place.text("sweep/results-report/tables.md").contains("**1.50**"))
    #expect(
      place.text("sweep/results-report/summary-orders.csv").hasPrefix(
        "cell,fid[f],fid[f]_low,fid[f]_high,predictor_evaluations\r\nH1,2,1.8,2.2,2\r\n"))

    let chosen = try place.succeed(
      .flowturbo, ["report", "sweep/results.h5", "--study", "orders", "--output", "here/it"])
    #expect(chosen.output.hasSuffix("here/it/report.html\n"))
    #expect(place.exists("here/it/orders.csv"))
  }

  @Test func whatCannotBeReadIsOneLine() throws {
    let place = try Self.newPlace()
    try place.write("no HDF5", to: "text.h5")
    let whole = try #require(FileManager.default.contents(atPath: place.path("sweep/results.h5")))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: place.path("half.h5")))
    for (arguments, words) in [
      (["text.h5"], "text.h5: cannot be opened as HDF5"), (["half.h5"], "half.h5"),
      (["none.h5"], "none.h5: expected the results of an ablation, found no such file"),
      (
        ["sweep/results.h5", "--study", "order"],
        "--study: expected one of orders, found 'order'"
      ),
    ] {
      let ending = try place.run(.flowturbo, ["report"] + arguments)
      #expect(ending.code == 2, "\(arguments)")
      #expect(ending.errors.hasPrefix("error: ") && ending.errors.contains(words), "\(arguments)")
      #expect(ending.errors.split(separator: "\n").count == 1, "\(arguments)")
      #expect(ending.output.isEmpty)
    }
    #expect(!place.exists("sweep/results-report"))
  }
}
