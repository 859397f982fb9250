import Foundation
import Storage

extension LikelihoodReport {
  static let tableName = "likelihood.h5"

  /// Writes a row for each latent and class as HDF5, the report beside them.
  func writeTable(_ rows: [LikelihoodRow], sources: [String], to path: String) throws {
    func numbers(_ value: (LikelihoodRow) -> Double) -> TableFile.Column.Values {
      .numbers(rows.map(value))
    }
    func integers(_ value: (LikelihoodRow) -> Int) -> TableFile.Column.Values {
      .integers(rows.map { Int32(clamping: value($0)) })
    }
    let bits = "in bits per dimension of latents times the scale"
    try TableFile.write(
      to: path, format: format, version: formatVersion,
      attributes: [
        ("created_by", .text("flowturbo \(codeVersion)")),
        ("dimensions", .integer(dimensions)), ("scale", .number(latents.scale)),
        ("configuration", .text(configuration)), ("report", .text(try json())),
      ],
      columns: [
        .init("index", integers(\.index), description: "The sample's place in the latents file"),
        .init("source_path", .texts(sources), description: "The image it was made from"),
        .init("label", integers { Int($0.label) }, description: "Its class in the file"),
        .init(
          "condition", integers { Int($0.condition) },
          description: "The class that the density is conditioned on; the number of classes: none"),
        .init(
          "bits_per_dimension", numbers(\.bits),
          description: "-log2 density, \(bits); less log2(scale): of latents without it"),
        .init(
          "prior", numbers(\.prior), description: "-log2 of the noise's density, \(bits)"),
        .init(
          "divergence", numbers(\.divergence),
          description: "Integral of the velocity's divergence, \(bits)"),
        .init(
          "probe_error", numbers { $0.error ?? .nan },
          description: "Standard error over the probes; NaN of a single one"),
        .init(
          "posterior_entropy", numbers(\.entropy),
          description: "Entropy of the posterior that the latent is of, \(bits)"),
        .init(
          "evaluations", numbers(\.evaluations),
          description: "Evaluations of velocity and divergence, the mean over the batch"),
      ])
  }

  /// The results for a terminal.
  func tell(_ observe: PipelineObserver) {
    func number(_ estimate: Estimate?) -> String {
      guard let estimate else { return "" }
      return String(format: "%.4f", estimate.mean)
        + (estimate.standardError.map { String(format: " ± %.4f", $0) } ?? "")
    }
    let header = [
      "class", "bits per dimension", "prior", "divergence", "unscaled latents", "rate",
      "± of probes",
    ]
    let rows = results.map { group in
      [
        group.name, number(group.bitsPerDimension), number(group.prior),
        number(group.divergence), number(group.unscaledBitsPerDimension), number(group.rate),
        group.probeError.map { String(format: "%.4f", $0) } ?? "",
      ]
    }
    let columns = header.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    observe(
      .table(
        title: "\(latents.path): \(count) latents of \(dimensions) dimensions, \(plan)"
          + String(format: ", %.4g evaluations, ± one standard error", evaluations ?? 0),
        rows: ([header] + rows).map { row in columns.map { row[$0] } }))
    if let margin, let accuracy {
      observe(
        .note(
          "other classes take \(number(margin)) bits per dimension more than the own; "
            + String(format: "%.1f %% are likeliest under their own class", 100 * accuracy)))
    }
    for warning in warnings { observe(.warning(warning)) }
  }
}
