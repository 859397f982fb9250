import Configuration
import Diagnostics
import Pipelines

/// `ablate --config ablation.yaml`: studies over the keys of the other commands.
public struct AblationConfiguration: Sendable, ConfigurationSchema {
  /// The sweep's folder.
  public var output = ""
  /// Of every study that names none.
  public var seeds: [Int] = [0]
  /// The configurations of the other commands that cells change, see ``CellConfiguration``.
  public var base = OpenSection()
  /// What to render as the reference where `evaluate.evaluate.reference` names none.
  public var reference: RenderedSetOptions?
  /// How near cells come to the solution; nil does not measure it.
  public var agreement: AgreementOptions?
  public var timing = TimingOptions()
  public var results = ResultOptions()
  public var studies: [(name: String, value: StudyConfiguration)] = []

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.list("seeds", &seeds, in: .atLeast(0), count: 1...StudyConfiguration.maximumSeeds)
    try table.open("base", &base)
    try table.section("reference", &reference)
    try table.section("agreement", &agreement)
    try table.section("timing", &timing)
    try table.section("results", &results)
    try table.sections("studies", &studies)
  }

  public func validate() throws {
    guard !studies.isEmpty else {
      throw InvalidField("studies", expected: "at least one study", found: "none")
    }
    guard Set(seeds).count == seeds.count else {
      throw InvalidField("seeds", expected: "each seed once", found: "\(seeds)")
    }
  }
}

/// How the cells of a study are timed.
public struct TimingOptions: Sendable, Equatable, ConfigurationSchema {
  /// Each round runs every cell once at each batch size.
  public var rounds = 7
  /// Samples of the batch that the throughput is of; the latency is of one sample.
  public var batch = 16

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("rounds", &rounds, in: .range(3...1000))
    try table.optional("batch", &batch, in: .range(1...65_536))
  }
}

/// What stays of a cell.
public struct ResultOptions: Sendable, Equatable, ConfigurationSchema {
  /// Columns of a cell's picture: so many samples of each class.
  public var perClass = 4
  /// Whether the samples stay on the disk once they are evaluated.
  public var keepSamples = false

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("perClass", &perClass, in: .range(1...16))
    try table.optional("keepSamples", &keepSamples)
  }
}
