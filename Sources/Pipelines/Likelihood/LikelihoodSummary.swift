import Foundation

extension LikelihoodReport {
  /// Fills in what the rows say.
  ///
  /// - Parameter rows: of all jobs in their order, at least one; under every class those of a
  ///   sample follow each other.
  mutating func summarise(_ rows: [LikelihoodRow], classes: LikelihoodSettings.Classes) {
    evaluations = rows.reduce(0) { $0 + $1.evaluations } / Double(rows.count)
    switch classes {
    case .own: results = [group("own class", rows.map { [$0] })]
    case .unconditional: results = [group("unconditional", rows.map { [$0] })]
    case .every:
      let samples = Dictionary(grouping: rows, by: \.index).sorted { $0.key < $1.key }
        .map(\.value)
      let own = samples.map { $0.filter { $0.condition == $0.label } }
      let others = samples.map { $0.filter { $0.condition != $0.label } }
      results = [group("own class", own)]
      if others.allSatisfy({ !$0.isEmpty }) {
        results.append(group("other classes", others))
        margin = Estimate(zip(others, own).map { mean($0.map(\.bits)) - mean($1.map(\.bits)) })
        let best = samples.map { $0.min { $0.bits < $1.bits } }
        accuracy = mean(best.map { $0?.condition == $0?.label ? 1 : 0 })
      }
      let mixtures = samples.map { mixture($0.map(\.bits)) }
      let estimate = Estimate(mixtures)
      results.append(
        Group(
          name: "mixture of all classes", bitsPerDimension: estimate,
          unscaledBitsPerDimension: unscaled(estimate),
          rate: rate(zip(samples, mixtures).map { $1 - ($0.first?.entropy ?? 0) })))
    }
  }

  /// - Parameter samples: each one's rows, whose mean counts.
  private func group(_ name: String, _ samples: [[LikelihoodRow]]) -> Group {
    func estimate(_ value: (LikelihoodRow) -> Double) -> Estimate {
      Estimate(samples.map { mean($0.map(value)) })
    }
    // Classes share a sample's probes, so that their errors do not average out.
    let errors = samples.compactMap { rows -> Double? in
      let known = rows.compactMap(\.error)
      return known.isEmpty ? nil : mean(known)
    }
    let squares = errors.reduce(0) { $0 + $1 * $1 }
    let bits = estimate(\.bits)
    return Group(
      name: name, bitsPerDimension: bits, unscaledBitsPerDimension: unscaled(bits),
      rate: rate(samples.map { mean($0.map(\.rate)) }), prior: estimate(\.prior),
      divergence: estimate(\.divergence),
      probeError: errors.isEmpty ? nil : squares.squareRoot() / Double(samples.count))
  }

  private func rate(_ values: [Double]) -> Estimate? {
    latents.taken == LikelihoodSettings.Latents.sample.rawValue ? Estimate(values) : nil
  }

  /// The density of z = x/scale is that of x times scaleᵈ.
  private func unscaled(_ estimate: Estimate) -> Estimate {
    Estimate(
      mean: estimate.mean - log2(latents.scale), standardError: estimate.standardError)
  }

  /// −log₂ of the mean density, per dimension.
  private func mixture(_ bits: [Double]) -> Double {
    let least = bits.min() ?? 0
    let d = Double(dimensions)
    return least - log2(mean(bits.map { exp2(-d * ($0 - least)) })) / d
  }

  private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }
}
