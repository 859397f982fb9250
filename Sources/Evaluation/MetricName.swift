/// The numbers that an evaluation can give, under the names that users write.
public enum MetricName: String, CaseIterable, Sendable, Codable {
  case fid
  case sfid
  case inceptionScore = "is"
  case precision
  case recall
  case density
  case coverage
  case kid

  /// Whether it compares with a reference set; the Inception Score alone does not.
  public var needsReference: Bool { self != .inceptionScore }

  /// Whether more of it is better.
  public var isBetterHigher: Bool {
    switch self {
    case .fid, .sfid, .kid: false
    case .inceptionScore, .precision, .recall, .density, .coverage: true
    }
  }

  /// The metric of a result's name, such as `fid[solids-features]`.
  public init?(title: String) { self.init(rawValue: String(title.prefix { $0 != "[" })) }

  /// Whether means and covariances are enough; the others need every image's features.
  public var needsStatisticsOnly: Bool { self == .fid || self == .sfid }
}
