import Storage

/// Documents as an ablation writes them, with numbers that can be told by heart.
enum ResultsFixture {
  /// Names that mean something to HTML, Markdown, CSV and terminals.
  static let hostile = "<script>alert('1')</script> | \"a\", b\n**c** & \u{1B}[31md"

  static func table(_ path: String, _ title: String, _ columns: [ResultColumn]) -> ResultTable {
    ResultTable(path, title: title, columns: columns)
  }

  static func numbers(
    _ name: String, _ values: [Double], unit: String = "1"
  ) -> ResultColumn {
    ResultColumn(name, .numbers(values), unit: unit, description: "about \(name)")
  }

  static func texts(_ name: String, _ values: [String]) -> ResultColumn {
    ResultColumn(name, .texts(values), description: "about \(name)")
  }

  static func swept(_ name: String, _ values: [String]) -> ResultColumn {
    ResultColumn(name, .texts(values), description: ResultColumn.sweptKey)
  }

  /// A timed study of three cells and two seeds: `B` has the lowest FID, `A` the highest
  /// precision, `C` is the fastest.
  static func orders(names: [String] = ["A", "B", "C"]) -> [ResultTable] {
    let twice = names.flatMap { [$0, $0] }
    return [
      table(
        "tables/orders", "Orders",
        [
          texts("cell", twice),
          ResultColumn("seed", .integers([0, 1, 0, 1, 0, 1]), unit: "1", description: "Seed"),
          texts("status", Array(repeating: "done", count: 6)),
          texts("error", Array(repeating: "", count: 6)), swept("sample.sampling.plan", twice),
          numbers("fid[f]", [2.25, 2.75, 1.5, 1.7, 3.1, 1.0 / 3]),
          texts("refiner", ["", "", "abc", "abc", "abc", "abc"]),
        ]),
      table(
        "summary/orders", "Orders: means over seeds",
        [
          texts("cell", names),
          ResultColumn("seeds", .integers([2, 2, 2]), unit: "1", description: "Seeds"),
          swept("sample.sampling.plan", names),
          numbers("fid[f]", [2.5, 1.6, 3.0]), numbers("fid[f]_low", [2.3, 1.45, 2.8]),
          numbers("fid[f]_high", [2.7, 1.75, 3.2]),
          numbers("fid[f]_difference", [.nan, -0.9, 0.5]),
          numbers("fid[f]_difference_low", [.nan, -1, 0.25]),
          numbers("fid[f]_difference_high", [.nan, -0.8, 0.75]),
          numbers("precision[f]", [0.9, 0.8, 0.7]),
          numbers("oddity", [1, 2, 3]),
          numbers("predictor_evaluations", [16, 11, 7]),
          numbers("refiner_evaluations", [0, 4, 6]),
          ResultColumn("time_batch", .integers([16, 16, 16]), unit: "1", description: "Batch"),
          numbers("time_latency", [50, 40, 20], unit: "ms"),
          numbers("time_latency_low", [49, 39, 19.5], unit: "ms"),
          numbers("time_latency_high", [52, 41, 21], unit: "ms"),
          numbers("time_image", [47, 34, 22], unit: "ms"),
          numbers("time_image_low", [46, 33, 21.5], unit: "ms"),
          numbers("time_image_high", [48, 35, 23], unit: "ms"),
          numbers("time_acceleration", [0, 27.5, 53], unit: "%"),
          numbers("multiply_adds", [3.5e9, 2.5e9, 1.5e9]),
          numbers("memory_predicted", [3e8, 3e8, 3e8], unit: "byte"),
        ]),
    ]
  }

  /// Two families at the evaluations and at the time of `A`.
  static let budgets = table(
    "budgets/orders", "Orders: at equal cost",
    [
      texts("axis", ["evaluations", "evaluations", "time", "time"]),
      texts("budget", ["A", "A", "A", "A"]),
      numbers("budget_evaluations", [16, 16, .nan, .nan]),
      numbers("budget_time", [.nan, .nan, 47.25, 47.25], unit: "ms"),
      texts("family", ["heun", "FlowTurbo", "heun", "FlowTurbo"]),
      ResultColumn("cells", .integers([1, 2, 1, 0]), unit: "1", description: "Cells"),
      numbers("fid[f]", [2.5, 1.6, 2.5, .nan]), numbers("fid[f]_low", [2.3, 1.45, 2.3, .nan]),
      numbers("fid[f]_high", [2.7, 1.75, 2.7, .nan]), texts("fid[f]_cell", ["A", "B", "A", ""]),
    ])

  /// A study of which one cell is done, one failed and one waits; none is timed.
  static let partial = [
    table(
      "tables/counts", "Counts of R",
      [
        texts("cell", ["R1", "R2", "R3"]),
        ResultColumn("seed", .integers([0, 0, 0]), unit: "1", description: "Seed"),
        texts("status", ["done", "failed", "pending"]),
        texts("error", ["", "it <broke>", ""]),
        numbers("fid[f]", [4.5, .nan, .nan]),
      ]),
    table(
      "summary/counts", "Counts of R: means over seeds",
      [
        texts("cell", ["R1", "R2", "R3"]),
        ResultColumn("seeds", .integers([1, 0, 0]), unit: "1", description: "Seeds"),
        numbers("fid[f]", [4.5, .nan, .nan]), numbers("fid[f]_low", [4, .nan, .nan]),
        numbers("fid[f]_high", [5.25, .nan, .nan]),
        numbers("predictor_evaluations", [7, .nan, .nan]),
      ]),
  ]

  static let curves = [
    table(
      "curves/abc/steps", "training of a refiner",
      [
        ResultColumn(
          "step", .integers((1...1000).map { Int32($0) }), unit: "1", description: "Updates"),
        numbers("loss", (1...1000).map { 1 / Double($0) }),
      ]),
    table(
      "curves/abc/held_out", "training of a refiner",
      [
        ResultColumn("step", .integers([500, 1000]), unit: "1", description: "Updates"),
        texts("weights", ["ema", "ema"]), numbers("loss", [0.5, 0.25]),
        numbers("zero_refiner", [0.75, 0.75]),
      ]),
  ]

  static func picture(_ path: String, shade: UInt8) -> ResultPicture {
    ResultPicture(
      path, title: "plan H1", width: 4, height: 2, pixels: [UInt8](repeating: shade, count: 24))
  }

  static func document(names: [String] = ["A", "B", "C"]) -> ResultsDocument {
    // The order of the configuration, which is not that of names.
    let order = table("cells", "All", [texts("study", ["orders", "counts"])])
    return ResultsDocument(
      attributes: [
        ("configuration", "output: runs/a\nbase: <none> & 'more'\n"), ("commit", "0123abc"),
        ("processor", "A \"fast\" one"), ("threads", "2"), ("code_version", "0.1.0"),
        ("numerics_version", "3"),
      ],
      tables: [order, budgets] + partial + orders(names: names) + curves,
      pictures: names.enumerated().map { index, name in
        picture(
          "grids/orders/\(name.replacing("/", with: "_"))", shade: index == 2 ? 10 : 200)
      })
  }
}
