import Checkpoints
import Diagnostics
import Evaluation
import Randomness
import TensorGraph

/// Kind `metrics`: everything that is computed of the features `A` (reference) and `B`
/// (samples), and of logits made by a formula (``MetricsLogits``).
///
/// Results of one set: `mu_<set>`, `sigma_<set>_head`, `sigma_<set>_trace`, `radii_<set>`. Of
/// both: `fid_<implementation>` of all rows, and with `_small` of the first `N_small` of both,
/// `_mixed` of B alone, `_same` of A and A; `kid_…`, `precision_…`, `recall_…`, `density`,
/// `coverage`.
struct MetricsCheck: FixtureCheck {
  struct Settings: Decodable {
    struct Kernel: Decodable {
      let degree: Int?
      let gamma: Double?
      let coef0: Double?
      let subsets: Int?
      let subset_size: Int?
      let rng_seed: UInt32?
    }
    let N_small: Int?
    let k_precision_recall: Int?
    let k_density_coverage: Int?
    let kid: Kernel?
    let logits: MetricsLogits.Settings?
  }

  private let fixture: Fixture
  private let settings: Settings

  static func isInput(_ name: String) -> Bool { name == "A" || name == "B" }

  init(_ fixture: Fixture, executor: any Executor) throws {
    self.fixture = fixture
    settings = try fixture.configuration(Settings.self)
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let names = Set(names)
    var outputs: [String: ComputedTensor] = [:]
    let ofLogits = names.filter { $0.hasPrefix("is_") || $0.hasPrefix("logits_") }
    if !ofLogits.isEmpty, let logits = settings.logits {
      outputs = try MetricsLogits(fixture, logits, seed: seed).outputs(Array(ofLogits))
    }
    let ofFeatures = names.subtracting(ofLogits)
    guard !ofFeatures.isEmpty else { return outputs }
    let (a, b) = (try features("A"), try features("B"))
    for (name, set) in [("A", a), ("B", b)] {
      outputs.merge(try moments(name, set, ofFeatures)) { $1 }
    }
    outputs.merge(try distances(a, b, ofFeatures)) { $1 }
    outputs.merge(try manifolds(a, b, ofFeatures)) { $1 }
    if ofFeatures.contains(where: { $0.hasPrefix("kid_") }) {
      outputs.merge(try kernelDistances(a, b)) { $1 }
    }
    return outputs
  }

  private var seed: UInt32 { settings.kid?.rng_seed ?? 2020 }

  private func features(_ name: String) throws -> FeatureMatrix {
    let shape = try fixture.shape(name)
    guard shape.count == 2, !shape.contains(0) else {
      throw InputError(
        "\(fixture.path): tensor '\(name)'", expected: "rows and columns", found: "shape \(shape)")
    }
    return try FeatureMatrix(
      name, rows: shape[0], columns: shape[1], values: try fixture.file.floats(name))
  }
}

// MARK: - One set

extension MetricsCheck {
  private func moments(_ name: String, _ set: FeatureMatrix, _ names: Set<String>) throws
    -> [String: ComputedTensor]
  {
    let wanted = names.intersection(
      ["mu_\(name)", "sigma_\(name)_head", "sigma_\(name)_trace"])
    guard !wanted.isEmpty else { return [:] }
    let moments = try statistics(set, .single)
    let d = moments.dimensions
    var outputs = ["mu_\(name)": ComputedTensor(moments.mean)]
    outputs["sigma_\(name)_trace"] = ComputedTensor(
      [(0..<d).reduce(0) { $0 + moments.covariance[$1 * d + $1] }])
    let head = "sigma_\(name)_head"
    if wanted.contains(head) {
      let shape = try fixture.shape(head)
      guard shape.count == 2, shape.allSatisfy({ $0 <= d }) else {
        throw InputError(
          "\(fixture.path): tensor '\(head)'", expected: "the top left of [\(d), \(d)]",
          found: "shape \(shape)")
      }
      outputs[head] = ComputedTensor(
        shape: shape,
        values: (0..<shape[0]).flatMap { i in
          (0..<shape[1]).map { moments.covariance[i * d + $0] }
        })
    }
    return outputs
  }

  private func statistics(_ set: FeatureMatrix, _ means: MeanPrecision) throws -> FeatureMoments {
    var statistics = try FeatureStatistics(dimensions: set.columns)
    try statistics.add(set)
    return try statistics.moments(set.name, means: means)
  }
}

// MARK: - Two sets

extension MetricsCheck {
  /// The implementations' means: those over float32 features are sums in float32.
  private static let means: [(name: String, precision: MeanPrecision)] = [
    ("adm", .single), ("fidelity", .single), ("pytorch", .double), ("exact", .double),
  ]

  private func distances(_ a: FeatureMatrix, _ b: FeatureMatrix, _ names: Set<String>) throws
    -> [String: ComputedTensor]
  {
    var outputs: [String: ComputedTensor] = [:]
    for suffix in ["", "_small", "_mixed", "_same"] {
      for (implementation, precision) in Self.means {
        let name = "fid_\(implementation)\(suffix)"
        guard names.contains(name) else { continue }
        let sets =
          switch suffix {
          case "_small": (try small(a), try small(b))
          case "_mixed": (a, try small(b))
          case "_same": (a, a)
          default: (a, b)
          }
        let distance = try FrechetDistance.between(
          statistics(sets.0, precision), statistics(sets.1, precision))
        outputs[name] = ComputedTensor([distance.value])
      }
    }
    return outputs
  }

  private func small(_ set: FeatureMatrix) throws -> FeatureMatrix {
    let count = settings.N_small ?? 0
    guard (2...set.rows).contains(count) else {
      throw InputError(
        "\(fixture.path): metadata 'config', config.N_small",
        expected: "from 2 to the \(set.rows) rows of \(set.name)", found: "\(count)")
    }
    return try set.selecting(Array(0..<count))
  }

  private func manifolds(_ a: FeatureMatrix, _ b: FeatureMatrix, _ names: Set<String>) throws
    -> [String: ComputedTensor]
  {
    let ofBoth: Set = [
      "precision_adm", "recall_adm", "precision_fidelity", "recall_fidelity", "precision_prdc",
      "recall_prdc", "density", "coverage",
    ]
    guard !names.isDisjoint(with: ofBoth.union(["radii_A", "radii_B"])) else { return [:] }
    var (inclusive, strict) = (ManifoldRule.precisionRecall, ManifoldRule.densityCoverage)
    inclusive.neighbours = settings.k_precision_recall ?? inclusive.neighbours
    strict.neighbours = settings.k_density_coverage ?? strict.neighbours
    let ks = [inclusive.neighbours, strict.neighbours]
    let (radiiA, radiiB) = (
      try NeighbourRadii(a, neighbours: ks), try NeighbourRadii(b, neighbours: ks)
    )
    var outputs: [String: ComputedTensor] = [:]
    for (name, radii) in [("radii_A", radiiA), ("radii_B", radiiB)] {
      outputs[name] = radii[inclusive.neighbours].map { ComputedTensor($0.map(Double.init)) }
    }
    guard !names.isDisjoint(with: ofBoth) else { return outputs }
    let metrics = try ManifoldMetrics.between(
      a, radiiA, b, radiiB, rules: [inclusive, strict])
    for implementation in ["adm", "fidelity"] {
      outputs["precision_\(implementation)"] = ComputedTensor([metrics[0].precision])
      outputs["recall_\(implementation)"] = ComputedTensor([metrics[0].recall])
    }
    outputs["precision_prdc"] = ComputedTensor([metrics[1].precision])
    outputs["recall_prdc"] = ComputedTensor([metrics[1].recall])
    outputs["density"] = ComputedTensor([metrics[1].density])
    outputs["coverage"] = ComputedTensor([metrics[1].coverage])
    return outputs
  }

  private func kernelDistances(_ a: FeatureMatrix, _ b: FeatureMatrix) throws
    -> [String: ComputedTensor]
  {
    let given = settings.kid
    let (kernels, plan) = (PolynomialKernel(), KernelSubsets())
    let kernel = PolynomialKernel(
      degree: given?.degree ?? kernels.degree, gamma: given?.gamma,
      offset: given?.coef0 ?? kernels.offset)
    let subsets = KernelSubsets(
      count: given?.subsets ?? plan.count, size: given?.subset_size ?? plan.size, seed: seed)
    let common = Array(0..<min(a.rows, b.rows))
    let distance = try KernelDistance.between(a, b, kernel: kernel, subsets: subsets)
    let rows = try subsets.rows(first: a.rows, second: b.rows)
    func tensor(_ rows: [[Int]]) -> ComputedTensor {
      ComputedTensor(
        shape: [rows.count, subsets.size], values: rows.flatMap { $0.map(Double.init) })
    }
    return [
      "kid_full": ComputedTensor([try KernelDistance.full(a, b, kernel: kernel)]),
      "kid_equal": ComputedTensor([
        try KernelDistance.full(a.selecting(common), b.selecting(common), kernel: kernel)
      ]),
      "kid_subset_mean": ComputedTensor([distance.value]),
      // Of float32 kernels, whose rounding is within the tolerance.
      "kid_subset_mean_f32": ComputedTensor([distance.value]),
      "kid_subset_std": ComputedTensor([distance.standardDeviation]),
      "kid_subset_values": ComputedTensor(distance.subsetValues),
      "kid_subset_a": tensor(rows.map(\.first)),
      "kid_subset_b": tensor(rows.map(\.second)),
    ]
  }
}
