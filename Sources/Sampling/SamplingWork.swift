import TensorGraph

/// What one batch of samples takes.
public struct SamplingWork {
  /// Multiply–adds of all steps of the plan, for the whole batch.
  public internal(set) var blocks = 0.0
  /// Multiply–adds of the null class's modulations, once for all batches.
  public internal(set) var nullModulations = 0.0
  /// Multiply–adds of the other classes' modulations.
  public internal(set) var classModulations = 0.0
  /// Bytes of the null class's modulations, and by network those of the batch's other classes.
  var nullBytes = 0
  var classBytes: [Int] = []
  /// Bytes of the modulations of one step, where samples have times of their own.
  var stepBytes = 0
  /// The steps' programs, which all live while the plan runs.
  public internal(set) var programs: [Graph] = []
  /// The modulations' programs, one of which lives at a time.
  public internal(set) var conditioningPrograms: [Graph] = []

  /// Bytes of modulations that a run of `batches` such batches holds at most: the present
  /// one's, and what is kept of others.
  public func modulationBytes(batches: Int) -> Int {
    classBytes.reduce(nullBytes + stepBytes) { sum, bytes in
      let others = Double(bytes) * Double(max(batches - 1, 0))
      return sum + bytes + Int(min(Double(ModulationTable.defaultCapacity), others))
    }
  }
}

extension Sampler {
  /// What a batch takes; found without compiling anything. Of a solver that chooses its
  /// steps, what one step takes.
  ///
  /// - Parameters:
  ///   - latentShape: of one sample.
  ///   - labels: one class for each sample of the batch.
  public func work(latentShape: Shape, labels: [Int32]) throws -> SamplingWork {
    let branches = field.guidance.branches
    let rows = Shape([branches * labels.count] + latentShape.dimensions)
    if settings.adaptive.per == .sample, plan.isAdaptive, labels.count > 1 {
      return try workOfSteps(latentShape, samples: labels.count)
    }
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
      let windows = ModulationTable.windows(times)
      var classBytes = 0
      for window in windows {
        var bytes = 0
        for group in ModulationTable.groups(all, times: window.count, nullClass: null) {
          let graph = try conditioning.graph(role, times: window.count, labels: group.count)
          if group == [null] {
            work.nullModulations += graph.multiplyAdds
            work.nullBytes += 4 * window.count * conditioning.size
          } else {
            work.classModulations += graph.multiplyAdds
            bytes += 4 * group.count * window.count * conditioning.size
          }
          work.conditioningPrograms.append(graph)
        }
        // Two windows are held at a time.
        classBytes = max(classBytes, bytes * min(windows.count, 2))
      }
      work.classBytes.append(classBytes)
    }
    return work
  }

  /// The same of a solver whose samples take steps of their own: of one step of all of them, or
  /// of all steps where their number is known, and the programs of every size of batch.
  private func workOfSteps(_ latentShape: Shape, samples: Int) throws -> SamplingWork {
    let branches = field.guidance.branches
    var work = SamplingWork()
    for size in ActiveSamples.sizes(samples) {
      let rows = Shape([branches * size] + latentShape.dimensions)
      let blocks = try placedBlocks(rows)
      var found: Set<AnyHashable> = []
      for placed in blocks {
        let traced = try trace(placed.block, shape: rows, times: .perRow)
        if size == samples { work.blocks += traced.graph.multiplyAdds }
        let isNew = found.insert(AnyHashable(placed.block)).inserted
        if isNew { work.programs.append(traced.graph) }
        var bytes = 0
        for role in NetworkRole.allCases {
          guard let conditioning = field.conditionings[role] else { continue }
          let times = traced.inputs.filter { input in
            if case .modulations(role, _) = input { true } else { false }
          }
          for product in Self.products(of: Array(times), rows: rows[0]) {
            let graph = try conditioning.pairedGraph(role, pairs: product.count * rows[0])
            if size == samples { work.classModulations += graph.multiplyAdds }
            if isNew { work.programs.append(graph) }
          }
          bytes += 4 * times.count * rows[0] * conditioning.size
        }
        work.stepBytes = max(work.stepBytes, bytes)
      }
    }
    return work
  }
}
