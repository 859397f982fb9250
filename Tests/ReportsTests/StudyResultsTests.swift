import Storage
import Testing

@testable import Reports

@Suite struct StudyResultsTests {
  @Test func columnsAreToldApart() throws {
    let studies = StudyResults.all(in: ResultsFixture.document())
    #expect(studies.map(\.name) == ["orders", "counts"])
    let orders = try #require(studies.first)
    #expect(orders.title == "Orders")
    #expect(orders.cells == ["A", "B", "C"])
    #expect(orders.metrics.map(\.name) == ["fid[f]", "precision[f]", "oddity"])
    #expect(orders.evaluations.map(\.name) == ["predictor_evaluations", "refiner_evaluations"])
    #expect(orders.times.map(\.name) == ["time_latency", "time_image", "time_acceleration"])
    #expect(orders.costs.map(\.name) == ["multiply_adds", "memory_predicted"])
    #expect(orders.differences.map(\.name) == ["fid[f]_difference"])
    #expect(orders.baseline == "A")
    #expect(orders.refiners.map(\.cell) == ["B", "C"])
    // The plan is in the cells' names already.
    #expect(
      orders.results.columns.map(\.name) == [
        "cell", "seeds", "predictor_evaluations", "refiner_evaluations", "fid[f]", "precision[f]",
        "oddity", "time_latency", "time_acceleration",
      ])
    #expect(orders.reportTables.count == 5)
    #expect(orders.reportTables[4].columns.last?.note == "MB")
    #expect(orders.reportTables[4].rows[0].last?.text == "300")
  }

  @Test func whatIsMissingIsTold() throws {
    let counts = try #require(
      StudyResults.all(in: ResultsFixture.document()).first { $0.name == "counts" })
    #expect(
      counts.notes == ["pending: 1 of 3: R3 (seed 0)", "failed: R2 (seed 0): it <broke>"])
    #expect(counts.baseline == nil)
    #expect(counts.reportTables.count == 1)
    #expect(counts.results.rows[1].map(\.text) == ["R2", "0", "–", "–"])
  }

  /// A study without a summary is shown seed by seed, one with columns of different lengths is not.
  @Test func strangeTablesAreBorne() {
    let alone = ResultsDocument(
      attributes: [], tables: [ResultsFixture.orders()[0]], pictures: [])
    #expect(StudyResults.all(in: alone).first?.cells.count == 6)
    let uneven = ResultTable(
      "summary/a", title: "",
      columns: [ResultsFixture.texts("cell", ["a", "b"]), ResultsFixture.numbers("fid", [1])])
    let nameless = ResultTable(
      "summary/b", title: "", columns: [ResultsFixture.numbers("fid", [1])])
    let document = ResultsDocument(attributes: [], tables: [uneven, nameless], pictures: [])
    #expect(StudyResults.all(in: document).isEmpty)
  }

  /// The ends of two keys' paths that are alike are shown longer.
  @Test func sweptKeysHaveShortNamesThatDiffer() throws {
    let table = ResultTable(
      "summary/s", title: "",
      columns: [
        ResultsFixture.texts("cell", ["a", "b"]),
        ResultsFixture.swept("sample.sampling.plan", ["H1", "H2"]),
        ResultsFixture.swept("sample.vae.use", ["x", "y"]),
        ResultsFixture.swept("sample.refiner.use", ["x", "z"]),
        ResultsFixture.swept("sample.seed", ["", ""]),
      ])
    let study = try #require(
      StudyResults.all(
        in: ResultsDocument(attributes: [], tables: [table], pictures: [])
      ).first)
    #expect(study.results.columns.map(\.label) == ["cell", "plan", "vae.use", "refiner.use"])
  }
}
