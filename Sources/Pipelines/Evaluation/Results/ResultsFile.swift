import Evaluation
import Storage

extension EvaluationReport {
  /// Writes the results as HDF5: a row per number, everything else as attributes of the file,
  /// `docs/formats.md` describes them.
  func write(to path: String) throws {
    var attributes: [(String, TableFile.Attribute)] = [
      ("created_by", .text("flowturbo \(codeVersion)")),
      ("protocol", .text(evaluationProtocol.rawValue)),
    ]
    if let extractor {
      attributes += [
        ("extractor", .text(extractor.name)), ("preparation", .text(extractor.preparation)),
        ("weights_sha256", .text(extractor.weights)),
      ]
    }
    for (role, set) in [("reference", reference), ("samples", samples)] {
      guard let set else { continue }
      attributes += [
        ("\(role)_path", .text(set.path)),
        ("\(role)_content", .text(set.content.joined(separator: ", "))),
        ("\(role)_count", .integer(set.count ?? -1)),
        ("\(role)_sha256", .text(set.imagesHash ?? set.statisticsHash ?? "")),
        ("\(role)_formats", .text(Self.list(set.formats))),
        ("\(role)_sizes", .text(Self.list(set.sizes))),
        ("\(role)_labels", .text(set.labelPolicy)),
      ]
    }
    if let sampling {
      attributes += [
        ("sampling_plan", .text(sampling.plan)),
        ("sampling_guidance", .number(sampling.guidance)),
        ("sampling_predictor_evaluations", .integer(sampling.evaluations?.predictor ?? -1)),
        ("sampling_refiner_evaluations", .integer(sampling.evaluations?.refiner ?? -1)),
        ("sampling_labels", .text(sampling.labels)),
        ("sampling_seed", .text("\(sampling.seed)")),
      ]
    }
    attributes += [
      ("warnings", .text(warnings.joined(separator: "\n"))),
      ("configuration", .text(configuration)), ("report", .text(try json())),
    ]
    try TableFile.write(
      to: path, format: format, version: formatVersion, attributes: attributes,
      columns: columns)
  }

  private static func list(_ counts: [String: Int]) -> String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
  }

  private var columns: [TableFile.Column] {
    func numbers(_ values: (Result) -> Double?) -> TableFile.Column.Values {
      .numbers(results.map { values($0) ?? .nan })
    }
    func integers(_ values: (Result) -> Int?) -> TableFile.Column.Values {
      .integers(results.map { Int32(clamping: values($0) ?? -1) })
    }
    return [
      .init(
        "name", .texts(results.map(\.name)),
        description: "What a number may be quoted as; the bare name is Inception's alone"),
      .init("metric", .texts(results.map(\.metric.rawValue)), description: "The metric"),
      .init(
        "label", integers(\.label), description: "The class; -1 for the whole sets"),
      .init(
        "class_name", .texts(results.map { $0.className ?? "" }),
        description: "The class's name, empty where it has none"),
      .init("value", numbers(\.value), description: "The number"),
      .init(
        "standard_error", numbers(\.standardError),
        description: "Standard error of the value; NaN where it was not estimated"),
      .init(
        "standard_deviation", numbers(\.standardDeviation),
        description: "Over the parts of an Inception Score or KID's subsets; else NaN"),
      .init(
        "lower", numbers(\.lower),
        description: "Lower end of the bootstrap's 95 % interval; else NaN"),
      .init("upper", numbers(\.upper), description: "Its upper end"),
      .init(
        "reference_count", integers(\.referenceCount),
        description: "Images of the reference; -1 where statistics do not say"),
      .init("sample_count", integers(\.sampleCount), description: "Images of the samples"),
      .init("method", .texts(results.map(\.method)), description: "What was done"),
    ]
  }
}
