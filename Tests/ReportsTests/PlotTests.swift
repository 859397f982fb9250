import Foundation
import Storage
import Testing

@testable import Reports

@Suite struct PlotTests {
  @Test func theFrontIsWhatNothingBeats() {
    let points: [(x: Double, y: Double)] = [
      (5, 1), (1, 5), (3, 3), (4, 3), (2, 6), (3, 3), (1, 5.5), (6, 1),
    ]
    #expect(ParetoFront.indices(of: points, better: .lower) == [1, 2, 5, 0])
    // Where higher is better, only the highest at each cost counts.
    #expect(ParetoFront.indices(of: points, better: .higher) == [6, 4])
    #expect(ParetoFront.indices(of: [(1, 1)], better: .lower) == [0])
    #expect(ParetoFront.indices(of: [], better: .lower) == [])
  }

  @Test func axesHaveRoundTicksWithin() {
    let axis = Axis([12, 47], logarithmic: false)
    #expect(axis.ticks.map(\.label) == ["10", "20", "30", "40"])
    for values in [
      [1.0, 1.0], [0, 0], [-3, 8], [1e-9, 2e-9], [1e9, 3e9], [0.001, 0.002], [5],
    ] {
      let axis = Axis(values, logarithmic: true)
      #expect((2...8).contains(axis.ticks.count), "\(values)")
      #expect(axis.ticks.allSatisfy { (axis.lower...axis.upper).contains($0.value) })
      #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count, "\(values)")
      for value in values {
        #expect((0...1).contains(axis.position(value)))
      }
    }
    let log = Axis([0.01, 10], logarithmic: true)
    #expect(log.isLogarithmic)
    let first = log.position(0.1) - log.position(0.01)
    let last = log.position(10) - log.position(1)
    #expect(abs(first - last) < 1e-9)
    #expect(log.ticks.contains { $0.label == "0.1" })
  }

  /// Nothing that a file may hold stops or traps a plot.
  @Test func strangeNumbersAreBorne() throws {
    let strange: [Double] = [
      .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1e99, 1e99, .leastNonzeroMagnitude,
      0, 1,
    ]
    for logarithmic in [false, true] {
      for a in strange {
        for b in strange {
          let axis = Axis([a, b], logarithmic: logarithmic)
          #expect(axis.ticks.count <= 24)
          #expect((0...1).contains(axis.position(a)) && (0...1).contains(axis.position(b)))
        }
      }
    }
    let names = strange.indices.map { "c\($0)" }
    let table = ResultTable(
      "summary/s", title: "",
      columns: [
        ResultsFixture.texts("cell", names), ResultsFixture.numbers("fid", strange),
        ResultsFixture.numbers("fid_low", strange.reversed()),
        ResultsFixture.numbers("fid_high", strange),
        ResultsFixture.numbers("predictor_evaluations", strange.reversed()),
      ])
    let document = ResultsDocument(attributes: [], tables: [table], pictures: [])
    let page = try Report(document, path: "a").files()[0].content
    #expect(!page.contains("nan") && !page.contains("inf"))
    #expect(throws: Never.self) { _ = try PageReader(page) }
  }

  @Test func labelsCoverNothing() {
    // Thirty points in a heap.
    let points: [Canvas.Point] = (0..<30).map { index in
      let turn = Double(index)
      return (x: 300.0 + 60.0 * cos(turn * 2.4), y: 200.0 + 40.0 * sin(turn * 1.7))
    }
    let marks: [Box] = points.map { point in
      Box(x: point.x - 6, y: point.y - 6, width: 12, height: 12)
    }
    let area = Box(x: 40, y: 30, width: 580, height: 330)
    var placement = LabelPlacement(area: area, obstacles: marks)
    let boxes = points.compactMap { placement.place(at: $0, width: 48, height: 16)?.box }
    #expect(boxes.count >= 20)
    // Not where it would be taken for another point's.
    var near = LabelPlacement(
      area: area, obstacles: [], points: [(200, 100), (262, 100)])
    let left = near.place(at: (200, 100), width: 50, height: 16)?.box
    #expect(left.map { $0.right < 262 && $0.distance(to: (262, 100)) > 9 } == true)
    // Beside a line that goes through the point, and not on it.
    var beside = LabelPlacement(area: area, obstacles: [], path: [(100, 100), (400, 100)])
    let box = beside.place(at: (200, 100), width: 48, height: 16)?.box
    #expect(box.map { $0.bottom <= 100 || $0.y >= 100 } == true)
    for (index, box) in boxes.enumerated() {
      #expect(area.contains(box))
      #expect(!marks.contains { $0.overlaps(box) })
      #expect(!boxes[(index + 1)...].contains { $0.overlaps(box) })
    }
  }

  @Test func qualityAgainstTimeOrEvaluations() throws {
    let studies = StudyResults.all(in: ResultsFixture.document())
    let timed = try #require(SpeedQualityPlot(studies[0]))
    #expect(timed.cost.name == "time_image" && timed.quality.name == "fid[f]")
    #expect(timed.front.map { timed.points[$0].name } == ["C", "B"])
    #expect(timed.frontTexts == ["C: 22.0 ms, fid[f] 3.00", "B: 34.0 ms, fid[f] 1.60"])
    let (svg, unlabelled) = timed.draw()
    #expect(unlabelled.isEmpty)
    let drawing = try PageReader(svg.text)
    #expect(drawing.all("circle").count == 3)
    #expect(drawing.all("circle").count { $0.attributes["class"] == "point best" } == 2)
    #expect(
      drawing.all("text").map(\.text).contains("time per image of a batch, ms (median, quartiles)"))
    // One cell is no comparison.
    #expect(SpeedQualityPlot(studies[1]) == nil)

    let untimed = ResultTable(
      "summary/s", title: "",
      columns: ResultsFixture.orders()[1].columns.filter { !$0.name.hasPrefix("time_") })
    let study = try #require(
      StudyResults.all(
        in: ResultsDocument(attributes: [], tables: [untimed], pictures: [])
      ).first)
    #expect(SpeedQualityPlot(study)?.cost.name == "predictor_evaluations")
  }

  @Test func trainingsAreThinnedByMeans() throws {
    let plot = try #require(TrainingPlot.all(in: ResultsFixture.document()).first)
    #expect((plot.losses.count, plot.zeroRefiner) == (1000, 0.75))
    #expect(plot.heldOut.map(\.weights) == ["ema"])
    let thin = TrainingPlot.thinned(plot.losses)
    #expect(thin.count == 334)
    #expect(thin[0].step == 2)
    let mean = (1 + 0.5 + 1.0 / 3) / 3
    #expect(abs(thin[0].loss - mean) < 1e-12)
    #expect(thin[333].step == 1000)
    let drawing = try PageReader(plot.draw().text)
    #expect(drawing.all("circle").count == 2)
    #expect(drawing.all("line").contains { $0.attributes["class"] == "zero" })
  }
}
