// N samples, C channels, S side of the latents.
import Diagnostics
import Foundation
import Models
import Sampling
import TensorGraph

/// Kinds `sit` and `full_size`: a predictor or refiner on x, t, y (and v).
///
/// Results are `out` and every intermediate by its observer's name, whole or, for
/// full-size networks, as `<name>/stats` and `<name>/head`; `cfg_out/<scale>` with
/// guidance on cfg_x, cfg_t, cfg_y (and cfg_v); and the table `pos_embed`.
struct NetworkCheck: FixtureCheck {
  private struct Settings: Decodable {
    let guidanceScales: [Double]?

    enum CodingKeys: String, CodingKey { case guidanceScales = "cfg_scales" }
  }

  private static let positions = "pos_embed"
  private static let guidancePrefix = "cfg_out/"

  private let fixture: Fixture
  private let executor: any Executor
  private let model: SiT
  private let scales: GuidanceScales

  static let bfloat16Tolerance: Double? = 0x1p-6

  static func isInput(_ name: String) -> Bool {
    ["x", "t", "y", "v", "cfg_x", "cfg_t", "cfg_y", "cfg_v"].contains(name)
  }

  init(_ fixture: Fixture, executor: any Executor) throws {
    self.fixture = fixture
    self.executor = executor
    model = try SiT(fixture.configuration(NetworkSettings.self).configuration())
    scales = GuidanceScales(try fixture.configuration(Settings.self).guidanceScales)
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let weights = try fixture.formula("model").weights(model.parameters)
    let guided = names.filter { $0.hasPrefix(Self.guidancePrefix) }
    let plain = names.filter { $0 != Self.positions && !$0.hasPrefix(Self.guidancePrefix) }
    var outputs: [String: ComputedTensor] = [:]
    if let table = weights[Self.positions] { outputs[Self.positions] = ComputedTensor(table) }
    if !plain.isEmpty { try outputs.merge(forward(plain, weights)) { first, _ in first } }
    for name in guided {
      guard let scale = scales.value(name.dropFirst(Self.guidancePrefix.count)) else { continue }
      outputs[name] = try guide(scale, weights)
    }
    return outputs
  }

  private func forward(_ names: [String], _ weights: [String: HostTensor]) throws
    -> [String: ComputedTensor]
  {
    let inputs = try Inputs(fixture, prefix: "", model.configuration)
    // A name that ends in a summary belongs to the intermediate before its last slash.
    let bases = Set(names.map { Summary($0)?.base ?? $0 })
    let graph = Graph()
    let tensors = try inputs.declare(in: graph)
    let out = try model(
      tensors.x, t: tensors.t, labels: tensors.y, velocity: tensors.velocity,
      observe: { if bases.contains($0) { graph.output($0, $1) } })
    graph.output("out", out)
    let computed = try executor.compile(graph, variables: weights, frozen: true)
      .run(inputs.tensors)

    var outputs: [String: ComputedTensor] = [:]
    for name in names {
      if let summary = Summary(name), let values = computed[summary.base] {
        outputs[name] = summary.of(values, count: try fixture.shape(name).reduce(1, *))
      } else if let values = computed[name] {
        outputs[name] = ComputedTensor(values)
      }
    }
    return outputs
  }

  /// Both branches at every scale, 1 included.
  private func guide(_ scale: Double, _ weights: [String: HostTensor]) throws -> ComputedTensor? {
    let inputs = try Inputs(fixture, prefix: "cfg_", model.configuration)
    guard inputs.count.isMultiple(of: 2) else {
      throw InputError(
        "\(fixture.path): tensor 'cfg_x'", expected: "an even number of rows",
        found: "\(inputs.count)")
    }
    let guidance = Guidance(
      scale: scale, nullClass: model.configuration.nullClass, branches: 2)
    let graph = Graph()
    let tensors = try inputs.declare(in: graph)
    let guided = try guidance(tensors.x) {
      try model($0, t: tensors.t, labels: tensors.y, velocity: tensors.velocity)
    }
    graph.output("out", guided)
    return try executor.compile(graph, variables: weights, frozen: true)
      .run(inputs.tensors)["out"].map { ComputedTensor($0) }
  }

  /// The arguments of one call as stored under a common prefix.
  private struct Inputs {
    let tensors: [String: HostTensor]
    let count: Int

    init(_ fixture: Fixture, prefix: String, _ configuration: SiTConfiguration) throws {
      let x = try fixture.input("\(prefix)x")
      count = x.shape.dimensions.first ?? 0
      let labels = try fixture.integers(
        "\(prefix)y", count: count, upTo: configuration.nullClass)
      var tensors = [
        "x": x, "t": try fixture.input("\(prefix)t", [count]),
        "y": HostTensor(labels, shape: [count]),
      ]
      if configuration.velocityInput {
        tensors["v"] = try fixture.input("\(prefix)v", x.shape.dimensions)
      }
      self.tensors = tensors
    }

    func declare(in graph: Graph) throws -> (x: Tensor, t: Tensor, y: Tensor, velocity: Tensor?) {
      func input(_ name: String) throws -> Tensor? {
        try tensors[name].map { try graph.input(name, $0.type.shape, $0.type.element) }
      }
      guard let x = try input("x"), let t = try input("t"), let y = try input("y") else {
        throw ProgramError("a network needs x, t and y")
      }
      return (x, t, y, try input("v"))
    }
  }

  /// What is kept of an intermediate that is too large to store.
  private enum Summary {
    /// Mean and population standard deviation.
    case stats(base: String)
    /// The first values.
    case head(base: String)

    init?(_ name: String) {
      if name.hasSuffix("/stats") {
        self = .stats(base: String(name.dropLast("/stats".count)))
      } else if name.hasSuffix("/head") {
        self = .head(base: String(name.dropLast("/head".count)))
      } else {
        return nil
      }
    }

    var base: String {
      switch self {
      case .stats(let base), .head(let base): base
      }
    }

    func of(_ tensor: HostTensor, count: Int) -> ComputedTensor {
      let values = tensor.array()
      switch self {
      case .head: return ComputedTensor(values.prefix(count).map(Double.init))
      case .stats:
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return ComputedTensor([mean, (squares / Double(values.count)).squareRoot()])
      }
    }
  }
}

/// Guidance scales by how names of tensors spell them (C's `%g`).
struct GuidanceScales {
  private let scales: [Double]

  init(_ scales: [Double]?) { self.scales = scales ?? [] }

  /// The configured scale that `text` abbreviates, or else what it says.
  func value(_ text: Substring) -> Double? {
    let configured = scales.first { String(format: "%g", $0) == text }
    return (configured ?? Double(text)).flatMap { $0.isFinite ? $0 : nil }
  }
}

extension ComputedTensor {
  init(_ tensor: HostTensor) {
    self.init(shape: tensor.shape.dimensions, values: tensor.array().map(Double.init))
  }
}
