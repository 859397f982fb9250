import Diagnostics
import TensorGraph

/// A program's instructions as a profile counts them; there is one only while a profile is on.
struct ProgramProfile {
  private let profile: Profile
  private let precision: Precision
  /// Each instruction's kind and where its kernels end.
  private var steps: [(kind: Int, end: Int)] = []

  /// nil where no profile is on.
  init?(_ precision: Precision) {
    guard let profile = Profile.current else { return nil }
    self.profile = profile
    self.precision = precision
  }

  /// - Parameter end: the number of kernels up to and with this instruction's.
  mutating func add(_ instruction: Instruction, _ graph: Graph, end: Int) {
    let operands = instruction.operands.map { graph.type(of: $0).shape }
    let results = instruction.results.map(graph.type(of:))
    let kind = Profile.Kind(
      .operation, instruction.work.label,
      detail: operands.map(\.description).joined(separator: " "),
      multiplyAdds: instruction.work.operation?.multiplyAdds(operands, results) ?? 0,
      precision: precision.rawValue)
    steps.append((profile.number(of: kind), end))
  }

  /// Runs all kernels; those after the last instruction's save values for assignments.
  func run(_ kernels: [Kernel]) throws {
    let copies = profile.number(of: Profile.Kind(.operation, "copy", precision: precision.rawValue))
    var start = Profile.now
    var next = 0
    for (kind, end) in steps + [(copies, kernels.count)] where end > next {
      for kernel in kernels[next..<end] { try kernel() }
      let now = Profile.now
      profile.record(kind, from: start, to: now)
      (start, next) = (now, end)
    }
  }
}

extension Instruction.Work {
  /// The contraction or other operation that it consists of; nil where it is several.
  fileprivate var operation: Operation? {
    switch self {
    case .operation(let operation): operation
    case .linear: .linear
    case .convolution(let work): .convolution(work.geometry)
    case .unaryMultiply: nil
    }
  }

  fileprivate var label: String {
    switch self {
    case .operation(let operation): operation.name
    case .linear(let activation): "linear, \(activation.rawValue)"
    case .convolution(let work): work.label
    case .unaryMultiply(let function): "multiply, \(function.rawValue)"
    }
  }
}

extension ConvolutionWork {
  /// Multiply-adds are counted as of the plain convolution, whatever form computes it.
  fileprivate var label: String {
    (["convolution"] + (upsampling > 1 ? ["upsampled"] : [])
      + (activation.map { [$0.rawValue] } ?? []) + (adds ? ["added"] : []))
      .joined(separator: ", ")
  }
}
