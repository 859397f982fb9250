import TensorGraph

/// What one batch of samples takes.
public struct SamplingWork {
  /// Multiply–adds of all steps of the plan, for the whole batch.
  public internal(set) var blocks = 0.0
  /// Multiply–adds of the null class's modulations, once for all batches.
  public internal(set) var nullModulations = 0.0
  /// Multiply–adds of the other classes' modulations.
  public internal(set) var classModulations = 0.0
  /// Bytes of all modulations of the batch.
  public internal(set) var modulationBytes = 0
  /// The steps' programs, which all live while the plan runs.
  public internal(set) var programs: [Graph] = []
  /// The modulations' programs, one of which lives at a time, before the steps.
  public internal(set) var conditioningPrograms: [Graph] = []
}

extension Sampler {
  /// What a batch takes; found without compiling anything.
  ///
  /// - Parameters:
  ///   - latentShape: of one sample.
  ///   - labels: one class for each sample of the batch.
  public func work(latentShape: Shape, labels: [Int32]) throws -> SamplingWork {
    let branches = field.guidance.branches
    let rows = Shape([branches * labels.count] + latentShape.dimensions)
    var work = SamplingWork()
    var found: Set<AnyHashable> = []
    for placed in try placedBlocks(rows) {
      let graph = try trace(placed.block, shape: rows).graph
      work.blocks += graph.multiplyAdds
      if found.insert(AnyHashable(placed.block)).inserted { work.programs.append(graph) }
    }
    for (role, times) in try times(rows).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      guard let conditioning = field.conditionings[role] else { continue }
      let null = Int32(clamping: field.guidance.nullClass)
      let all = branches == 2 ? labels + [null] : labels
      for group in ModulationTable.groups(all, times: times.count, nullClass: null) {
        let graph = try conditioning.graph(role, times: times.count, labels: group.count)
        if group == [null] {
          work.nullModulations += graph.multiplyAdds
        } else {
          work.classModulations += graph.multiplyAdds
        }
        work.conditioningPrograms.append(graph)
        work.modulationBytes += 4 * group.count * times.count * conditioning.size
      }
    }
    return work
  }
}
