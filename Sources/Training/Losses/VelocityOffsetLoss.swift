// n samples, C channels, S side of the latents.
import Models
import TensorGraph

/// Regression of the refiner on the change of the teacher's velocity along its
/// own direction: with v_t = teacher(x_t, t), x' = x_t + Δt·v_t and t' = t + Δt,
/// ‖r(x', t', v_t) + v_t − teacher(x', t')‖², mean over channels and space.
///
/// Source: Zhao et al. 2024 (FlowTurbo), section 3.2, as its published trainer
/// does it: the first teacher pass sees all labels, the second and the refiner
/// see those with some dropped, and t + Δt may pass 1.
public struct VelocityOffsetLoss: TrainingLoss {
  /// Offsets (n, …) at x (n, …), times t (n), labels (n) and velocity (n, …).
  public typealias OffsetField =
    @Sendable (
      _ x: Tensor, _ t: Tensor, _ labels: Tensor, _ velocity: Tensor
    ) throws -> Tensor

  /// Where the graph keeps the teacher's weights: `teacher/<path>`.
  public static let teacherNamespace = "teacher"
  /// The part that is the loss of r = 0, which a refiner must beat.
  public static let zeroRefiner = "zero_refiner"

  /// The teacher's weights by path as the graph's variables.
  public static func teacherVariables(_ weights: [String: HostTensor]) -> [String: HostTensor] {
    Dictionary(
      weights.map { ("\(teacherNamespace)/\($0)", $1) }, uniquingKeysWith: { first, _ in first })
  }

  public let inputs: [BatchInput]
  private let teacher: FlowMatchingLoss.VelocityField
  private let refiner: OffsetField

  /// - Parameter sampleShape: that of one data point, such as (C, S, S).
  public init(
    sampleShape: Shape, teacher: @escaping FlowMatchingLoss.VelocityField,
    refiner: @escaping OffsetField
  ) {
    inputs = [
      BatchInput("x1", sampleShape),  // data
      BatchInput("x0", sampleShape),  // noise
      BatchInput("t"),
      BatchInput("dt"),
      BatchInput("labels", .scalar, .int32),
      BatchInput("dropped_labels", .scalar, .int32),
    ]
    self.teacher = teacher
    self.refiner = refiner
  }

  public init(teacher: SiT, refiner: VelocityRefiner) {
    self.init(
      sampleShape: Shape(Array(teacher.latentShape(1).dimensions.dropFirst())),
      teacher: { try teacher($0, t: $1, labels: $2) },
      refiner: { try refiner($0, t: $1, velocity: $3, labels: $2) })
  }

  /// Parts: ``zeroRefiner``.
  public func callAsFunction(_ batch: [String: Tensor], weights: WeightSet) throws -> SampleLosses {
    let (x0, x1, t) = (try batch.tensor("x0"), try batch.tensor("x1"), try batch.tensor("t"))
    let (dt, labels) = (try batch.tensor("dt"), try batch.tensor("labels"))
    let dropped = try batch.tensor("dropped_labels")
    let graph = x1.graph

    let xt = try interpolate(x0, x1, t)
    let vt = try teach(xt, t, labels)
    let next = try xt + dt.perSample(rank: xt.shape.rank) * vt
    let nextTime = try t + dt
    let target = try teach(next, nextTime, dropped)
    // No gradient flows through vt or the teacher: neither depends on the
    // refiner's variables, the only ones differentiated.
    let offset = try weights.scope(graph) { try refiner(next, nextTime, dropped, vt) }
    return SampleLosses(
      total: try (offset + vt - target).meanSquarePerSample(),
      parts: [(Self.zeroRefiner, try (vt - target).meanSquarePerSample())])
  }

  private func teach(_ x: Tensor, _ t: Tensor, _ labels: Tensor) throws -> Tensor {
    try x.graph.namespace(Self.teacherNamespace) { try teacher(x, t, labels) }
  }
}
