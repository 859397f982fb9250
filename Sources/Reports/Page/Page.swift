import Storage

/// A report as one file of HTML that needs no other: no scripts, nothing from the network.
struct Page {
  let report: Report

  func html() throws -> String {
    var gallery = PictureGallery(report.document)
    var sections = [try head()]
    for (index, study) in report.studies.enumerated() {
      sections.append(try section(study, number: index, &gallery))
    }
    sections.append(trainings)
    let page = Markup.element(
      "html", ["lang": "en"],
      [
        .element(
          "head", [:],
          [
            .element("meta", ["charset": "utf-8"]),
            .element(
              "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .element("title", [:], report.title),
            .element("style", [:], [.verbatim(StyleSheet.css)]),
          ]),
        .element("body", [:], sections),
      ])
    return "<!DOCTYPE html>\n" + page.text + "\n"
  }

  private func head() throws -> Markup {
    let facts = report.facts.flatMap { name, value in
      [Markup.element("dt", [:], name), Markup.element("dd", [:], value)]
    }
    let links = report.studies.enumerated().map { index, study in
      Markup.element(
        "li", [:],
        [.element("a", ["href": "#study-\(index)"], study.name), Markup(": \(study.title)")])
    }
    var parts: [Markup] = [.element("h1", [:], report.title)]
    if !facts.isEmpty { parts.append(.element("dl", [:], facts)) }
    if let configuration = report.configuration {
      parts.append(
        .element(
          "details", [:],
          [
            .element("summary", [:], "Configuration"),
            .element("pre", [:], [.element("code", [:], configuration)]),
          ]))
    }
    if links.count > 1 { parts.append(.element("nav", [:], [.element("ul", [:], links)])) }
    parts.append(
      .element("p", ["class": "note"], report.studies.isEmpty ? Report.nothing : Report.legend))
    return .joined(parts)
  }

  private func section(
    _ study: StudyResults, number: Int, _ gallery: inout PictureGallery
  ) throws -> Markup {
    var parts: [Markup] = [
      .element(
        "h2", ["id": "study-\(number)"],
        [Markup(study.title), Markup(" "), .element("span", ["class": "name"], study.name)])
    ]
    if !study.notes.isEmpty {
      parts.append(
        .element("ul", ["class": "notes"], study.notes.map { .element("li", [:], $0) }))
    }
    let tables = study.reportTables
    if let first = tables.first { parts.append(first.markup) }
    if let plot = SpeedQualityPlot(study) { parts.append(figure(plot)) }
    for table in tables.dropFirst() { parts += [.element("h3", [:], table.title), table.markup] }
    if let pictures = try gallery.markup(of: study) {
      parts.append(
        .element(
          "details", ["open": "open"],
          [.element("summary", [:], "Samples of the first seed"), pictures]))
    }
    return .element("section", [:], parts)
  }

  private func figure(_ plot: SpeedQualityPlot) -> Markup {
    let (svg, unlabelled) = plot.draw()
    var parts = [
      Markup.element("div", ["class": "scroll drawing"], [svg]),
      .element(
        "p", ["class": "note"],
        "Filled and joined by a line: the Pareto front, cells that no other beats in both."),
      .element("ul", ["class": "note"], plot.frontTexts.map { .element("li", [:], $0) }),
    ]
    if !unlabelled.isEmpty {
      parts.append(
        .element(
          "p", ["class": "note"],
          "Without room for their names: " + unlabelled.joined(separator: ", ")))
    }
    return .element("figure", [:], parts)
  }

  // MARK: Trainings

  private var trainings: Markup {
    let plots = report.trainings
    guard !plots.isEmpty else { return .empty }
    let figures = plots.map { plot in
      let users = report.users(of: plot.hash)
      var caption = [Markup.element("strong", [:], plot.title)]
      if !users.isEmpty { caption.append(Markup(", of " + users.joined(separator: ", "))) }
      return Markup.element(
        "figure", [:],
        [
          .element("figcaption", [:], caption), .element("p", ["class": "note"], keys(plot)),
          .element("div", ["class": "scroll drawing"], [plot.draw()]),
        ])
    }
    return .element(
      "section", [:],
      [.element("h2", [:], "Trainings"), .element("div", ["class": "trainings"], figures)])
  }

  /// What the lines of a training's drawing are.
  private func keys(_ plot: TrainingPlot) -> [Markup] {
    var keys: [(style: String, text: String)] = []
    if !plot.losses.isEmpty {
      keys.append(("loss", plot.isThinned ? "batches, averaged" : "batches"))
    }
    for (index, group) in plot.heldOut.enumerated() {
      let last = group.points.last.map { " (last \(NumberText.significant($0.loss)))" } ?? ""
      let weights = group.weights.isEmpty ? "" : ", \(group.weights)"
      keys.append((index == 0 ? "held" : "held second", "held out\(weights)\(last)"))
    }
    if let zero = plot.zeroRefiner {
      keys.append(("zero", "held out, zero refiner (\(NumberText.significant(zero)))"))
    }
    return keys.map { style, text in
      .element(
        "span", ["class": "key"],
        [
          .element(
            "svg", ["viewBox": "0 0 30 10", "aria-hidden": "true"],
            [
              .element(
                "line", ["x1": "0", "y1": "5", "x2": "30", "y2": "5", "class": style])
            ]),
          Markup(text),
        ])
    }
  }
}
