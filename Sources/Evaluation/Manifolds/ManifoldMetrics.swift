import Diagnostics
import Synchronization

/// How a set's manifold is made and what lies in it.
public struct ManifoldRule: Sendable, Hashable {
  /// k of the neighbour that gives a ball its radius.
  public var neighbours: Int
  /// Whether a ball holds its boundary.
  public var includesBoundary: Bool

  public init(neighbours: Int, includesBoundary: Bool) {
    self.neighbours = neighbours
    self.includesBoundary = includesBoundary
  }

  /// Of precision and recall in ADM's evaluator (squared distances), in torch-fidelity
  /// (`metric_prc.py`, distances) and in the paper: k = 3 and ≤.
  public static let precisionRecall = ManifoldRule(neighbours: 3, includesBoundary: true)
  /// Of density and coverage in their authors' `prdc`: k = 5 and <.
  public static let densityCoverage = ManifoldRule(neighbours: 5, includesBoundary: false)
}

/// How two sets lie in one another's manifolds, the union of balls around a set's rows with
/// the radii of ``NeighbourRadii``. Nothing here is symmetric: exchanging the sets exchanges
/// precision and recall.
public struct ManifoldMetrics: Sendable, Hashable {
  public let rule: ManifoldRule
  /// The share of samples inside the reference's manifold: high where samples look right, even
  /// if they are few kinds (Kynkäänniemi et al. 2019, equation 3).
  public let precision: Double
  /// The share of the reference inside the samples' manifold: high where all kinds come up.
  public let recall: Double
  /// Reference balls that hold a sample, on average over the samples, over k (Naeem et al.,
  /// "Reliable fidelity and diversity metrics for generative models", 2020, equation 2).
  public let density: Double
  /// The share of reference balls that hold a sample at all (ibid., equation 3).
  public let coverage: Double
  /// What the four are means of, row by row.
  public let members: ManifoldMembers

  /// One pass over all pairs of each set and between them, whatever the number of rules.
  /// - Throws: `InputError` where the sets have different columns, or too few rows for a rule.
  public static func between(
    reference: FeatureMatrix, samples: FeatureMatrix,
    rules: [ManifoldRule] = [.precisionRecall, .densityCoverage]
  ) throws -> [ManifoldMetrics] {
    try reference.requireSameColumns(as: samples)
    let ks = rules.map(\.neighbours)
    return try between(
      reference, NeighbourRadii(reference, neighbours: ks),
      samples, NeighbourRadii(samples, neighbours: ks), rules: rules)
  }

  /// With radii at hand, of the same sets and for all of the rules' neighbours.
  public static func between(
    _ reference: FeatureMatrix, _ referenceRadii: NeighbourRadii,
    _ samples: FeatureMatrix, _ sampleRadii: NeighbourRadii, rules: [ManifoldRule]
  ) throws -> [ManifoldMetrics] {
    let limits = try rules.map { rule in
      (try rule.limits(reference, referenceRadii), try rule.limits(samples, sampleRadii))
    }
    let counts = Mutex(
      rules.map { _ in InclusionCounts(rows: 0..<reference.rows, columns: 0..<samples.rows) })
    try DistanceTiles(reference, samples).forEach { tile in
      let parts = limits.map { reference, samples in
        InclusionCounts(tile, rowLimits: reference, columnLimits: samples)
      }
      counts.withLock { all in
        for index in all.indices { all[index].merge(parts[index]) }
      }
    }
    return zip(rules, counts.withLock { $0 }).map { rule, counts in
      ManifoldMetrics(
        rule: rule, precision: counts.columnsInside, recall: counts.rowsInside,
        density: counts.ballsOfColumns / Double(rule.neighbours), coverage: counts.rowsCovered,
        members: ManifoldMembers(counts, neighbours: rule.neighbours))
    }
  }
}

extension ManifoldRule {
  /// The largest squared distance that each row's ball holds.
  fileprivate func limits(_ set: FeatureMatrix, _ radii: NeighbourRadii) throws -> [Float] {
    guard let squared = radii[neighbours], squared.count == set.rows else {
      throw InputError(
        set.name, expected: "radii to neighbour \(neighbours) of \(set.rows) images",
        found: "others")
    }
    return includesBoundary ? squared : squared.map(\.nextDown)
  }
}
