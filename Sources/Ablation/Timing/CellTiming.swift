/// The times of one cell of a study, in seconds.
struct CellTiming: Codable, Equatable, Sendable {
  struct Round: Codable, Equatable, Sendable {
    /// A batch of one sample and a whole batch, without decoding.
    var single: Double
    var batch: Double
    /// Of one sample.
    var decoding: Double
  }

  var cell: String
  /// Why it could not be timed.
  var error: String?
  /// In the order in which they were run; in each all cells took turns.
  var rounds: [Round] = []
  /// Samples of a whole batch.
  var batch: Int
  /// Before the first round, for both batch sizes.
  var compiling = 0.0
  /// The first runs, compiling included.
  var warmUp = 0.0
  /// Per sample.
  var predictorEvaluations = 0.0
  var refinerEvaluations = 0.0
  var multiplyAdds = 0.0
  /// Bytes, predicted from the shapes.
  var memory = 0
  /// Bytes, as measured; nil where the system does not tell.
  var measuredMemory: Int?
}
