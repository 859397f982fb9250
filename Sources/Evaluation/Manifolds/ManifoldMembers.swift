/// Which rows of two sets lie in one another's manifolds.
///
/// For intervals by the bootstrap, with manifolds that stay as they are: of precision and
/// density, which are means over the samples, that is the bootstrap of other samples, for the
/// reference's manifold does not depend on them. Recall and coverage are means over the
/// reference: resampling its rows says what other reference images would change, not what other
/// samples would, whose manifold is held.
public struct ManifoldMembers: Sendable, Hashable {
  /// 1 for a sample in the reference's manifold, else 0: their mean is the precision.
  public let precision: [Double]
  /// Reference balls that hold the sample, over k: their mean is the density.
  public let density: [Double]
  /// 1 for a row of the reference in the samples' manifold: their mean is the recall.
  public let recall: [Double]
  /// 1 for a row of the reference whose ball holds a sample: their mean is the coverage.
  public let coverage: [Double]

  init(_ counts: InclusionCounts, neighbours: Int) {
    let flags = counts.flags
    precision = flags.balls.map { $0 > 0 ? 1 : 0 }
    density = flags.balls.map { Double($0) / Double(neighbours) }
    recall = flags.inside.map { $0 > 0 ? 1 : 0 }
    coverage = flags.covered.map { $0 > 0 ? 1 : 0 }
  }
}
