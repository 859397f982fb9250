import CPUExecutor
import Configuration
import ModelFiles
import Models
import Sampling
import Storage
import TensorGraph

extension CurvatureResults {
  /// Writes everything as HDF5; `docs/curvature.md` describes it.
  func write(
    to path: String, _ configuration: CurvatureConfiguration, precision: Precision
  ) throws {
    let options = configuration.sampling
    try ArrayFile.write(
      to: path, format: "flowturbo-curvature", version: 1,
      attributes: [
        ("created_by", .text("flowturbo \(Toolkit.version)")),
        ("onednn_version", .text(SampleManifest.libraryVersion)),
        ("configuration", .text(try ResolvedConfiguration(configuration).yaml)),
        ("plan", .text(options.plan.description)), ("seed", .text("\(configuration.seed)")),
        ("guidance", .number(options.guidance)), ("labels", .text(options.labels.description)),
        ("precision", .text(precision.rawValue)), ("threads", .integer(CPUExecutor.threads)),
        ("summary_from", .number(Double(summaryTime))),
      ], arrays: networks + samples + measures + statistics)
  }

  private typealias Array = ArrayFile.Array

  // Dimensions.
  private var model: (String, Int) { ("model", models.count) }
  private var prediction: (String, Int) { ("prediction", predictions.count) }
  private var sample: (String, Int) { ("sample", labels.count) }
  private var step: (String, Int) { ("step", times.count - 1) }
  private var time: (String, Int) { ("time", times.count) }

  private var networks: [Array] {
    func texts(_ name: String, _ description: String, _ value: (Model) -> String) -> Array {
      Array(name, .table(.texts(models.map(value))), [model], description: description)
    }
    let places = Swift.Dictionary(
      uniqueKeysWithValues: models.enumerated().map { ($1.name, Int32($0)) })
    return [
      texts("model_name", "The predictor's name in the configuration") { $0.name },
      texts("model_objective", "What it was trained to predict") { $0.objective.rawValue },
      texts("model_weights", "The file of its weights") { $0.origin.file },
      texts("model_sha256", "SHA-256 of that file") { $0.origin.sha256 },
      texts("model_weight_set", "The set of weights taken from it") { $0.origin.takenName },
      Array(
        "model_earliest_time", .floats(models.map(\.earliestTime)), [model], unit: "1",
        description: "Before this time velocities are those of this time"),
      Array(
        "prediction_model", .table(.integers(predictions.map { places[$0.model.name] ?? -1 })),
        [prediction], description: "Index of the predictor"),
      Array(
        "prediction_form", .table(.texts(predictions.map(\.form.rawValue))), [prediction],
        description: "What its predictions are looked at as"),
      Array(
        "prediction_is_native", .table(.integers(predictions.map { $0.isNative ? 1 : 0 })),
        [prediction], description: "1 where it was trained to predict that"),
    ]
  }

  private var samples: [Array] {
    [
      Array("label", .table(.integers(labels)), [sample], description: "Class of each sample"),
      Array(
        "time", .floats(times), [time], unit: "1",
        description: "Times of the plan, 0 at noise and 1 at data"),
    ]
  }

  // MARK: Per sample

  private func values(_ value: (PredictionStability) -> [Double]) -> [Float] {
    predictions.flatMap { $0.samples.flatMap { value($0).map { Float($0) } } }
  }

  private var measures: [Array] {
    func changes(
      _ name: String, unit: String, _ description: String, _ value: (PredictionChange) -> Double
    ) -> Array {
      Array(
        name, .floats(values { $0.changes.map(value) }), [prediction, sample, step], unit: unit,
        description: description)
    }
    return [
      changes("relative_change", unit: "1", "Size of a prediction's change over its size") {
        $0.relative
      },
      changes("cosine", unit: "1", "Cosine between successive predictions") { $0.cosine },
      changes("angle", unit: "rad", "Angle between successive predictions") { $0.angle },
      Array(
        "norm", .floats(values(\.norm)), [prediction, sample, time], unit: "latent rms",
        description: "Root mean square of predictions"),
      Array(
        "deviation", .floats(values(\.deviation)), [prediction, sample, time], unit: "1",
        description: "Square distance from a straight path's prediction, over its square"),
      Array(
        "curvature",
        .floats(models.flatMap { $0.shapes.flatMap { $0.curvature.map { Float($0) } } }),
        [model, sample, step], unit: "rad / latent rms",
        description: "Angle that the path turns by over its length"),
      Array(
        "turning", .floats(models.flatMap { $0.shapes.map { Float($0.turning) } }),
        [model, sample], unit: "rad", description: "Angle that the path turns by in all"),
      Array(
        "straightness", .floats(models.flatMap { $0.shapes.map { Float($0.straightness) } }),
        [model, sample], unit: "1",
        description: "Integral of the velocity's deviation, 0 for a straight path"),
    ]
  }

  // MARK: Over samples

  private var classes: [Int32] { [-1] + Set(labels).sorted() }

  /// Statistics over the samples of each class, in order: rows, classes, columns, statistics.
  /// - Parameter rows: of each, every sample's values.
  private func statistics(_ rows: [[[Double]]]) -> [Float] {
    rows.flatMap { samples in
      classes.flatMap { label in
        let chosen = zip(labels, samples).filter { label == -1 || $0.0 == label }.map(\.1)
        return (0..<(samples.first?.count ?? 0)).flatMap { column in
          SampleStatistics(chosen.map { $0[column] }).values.map { Float($0) }
        }
      }
    }
  }

  private var statistics: [Array] {
    let statistic = ("statistic", SampleStatistics.names.count)
    let label = ("class", classes.count)
    func of(
      _ name: String, unit: String, _ last: (String, Int),
      _ value: (PredictionStability) -> [Double]
    ) -> Array {
      Array(
        "\(name)_statistics", .floats(statistics(predictions.map { $0.samples.map(value) })),
        [prediction, label, last, statistic], unit: unit,
        description: "Mean and quantiles of \(name) over samples")
    }
    return [
      Array(
        "statistic_name", .table(.texts(SampleStatistics.names)), [statistic],
        description: "Mean, and the quantiles q05 to q95"),
      Array(
        "class", .table(.integers(classes)), [label],
        description: "Class that statistics are of; -1 for all samples"),
      of("relative_change", unit: "1", step) { $0.changes.map(\.relative) },
      of("cosine", unit: "1", step) { $0.changes.map(\.cosine) },
      of("angle", unit: "rad", step) { $0.changes.map(\.angle) },
      of("deviation", unit: "1", time, \.deviation),
      Array(
        "curvature_statistics", .floats(statistics(models.map { $0.shapes.map(\.curvature) })),
        [model, label, step, statistic], unit: "rad / latent rms",
        description: "Mean and quantiles of curvature over samples"),
    ]
  }
}
