import Files
import Foundation
import Storage

/// The log of a training as two tables: its steps, and its held-out losses.
enum TrainingCurves {
  /// None where there is no log yet.
  static func tables(_ log: String, hash: String, title: String) throws -> [ResultTable] {
    guard FileManager.default.fileExists(atPath: log) else { return [] }
    let file = try ReadOnlyFile(log)
    let lines = try file.bytes(0..<file.size).split(separator: UInt8(ascii: "\n"))
    let records = lines.compactMap {
      try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
    }
    func number(_ record: [String: Any], _ name: String) -> Double? {
      (record[name] as? NSNumber)?.doubleValue
    }
    func table(_ name: String, _ event: String, _ columns: [(String, String)]) -> ResultTable? {
      let rows = records.filter { $0["event"] as? String == event }
      guard !rows.isEmpty else { return nil }
      var table = ResultColumns(rows)
      table.integer("step", "1", "Updates so far") { Int(number($0, "step") ?? -1) }
      if event == "held_out" {
        table.text("weights", "model, or ema for the average") { $0["weights"] as? String ?? "" }
      }
      for (column, description) in columns {
        table.number(column, "1", description) { number($0, column) }
      }
      return ResultTable("curves/\(hash)/\(name)", title: title, columns: table.columns)
    }
    return [
      table(
        "steps", "step",
        [
          ("loss", "Of the batch"), ("gradient_norm", "Before clipping"),
          ("learning_rate", "Of the step"),
        ]),
      table(
        "held_out", "held_out",
        [
          ("loss", "On samples that are not trained on"),
          ("zero_refiner", "The loss of a refiner that does nothing"),
        ]),
    ].compactMap(\.self)
  }
}
