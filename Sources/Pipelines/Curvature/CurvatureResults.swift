import ModelFiles
import Models
import Sampling

/// What `flowturbo curvature` found, per sample.
public struct CurvatureResults: Sendable {
  /// One network on its own trajectories.
  public struct Model: Sendable {
    public let name: String
    /// What it was trained to predict.
    public let objective: PredictionForm
    public let origin: WeightOrigin
    /// Before this time its velocities are those of this time.
    public let earliestTime: Float
    /// By form, of each sample.
    public private(set) var stabilities: [PredictionForm: [PredictionStability]] = [:]
    /// Of each sample.
    public private(set) var shapes: [PathShape] = []

    init(name: String, objective: PredictionForm, origin: WeightOrigin, earliestTime: Float) {
      self.name = name
      self.objective = objective
      self.origin = origin
      self.earliestTime = earliestTime
    }

    mutating func add(_ trajectory: Trajectory, sample: Int) {
      for form in PredictionForm.allCases {
        let stability = trajectory.stability(of: sample, as: form)
        stabilities[form, default: []].append(stability)
        if form == .velocity { shapes.append(trajectory.shape(stability)) }
      }
    }
  }

  /// One network's predictions in one form.
  public struct Prediction: Sendable {
    public let model: Model
    public let form: PredictionForm

    public var isNative: Bool { model.objective == form }
    /// Of each sample.
    public var samples: [PredictionStability] { model.stabilities[form] ?? [] }
  }

  public let models: [Model]
  /// N + 1 times from noise (0) to data (1).
  public let times: [Float]
  /// Of each sample.
  public let labels: [Int32]

  /// Every model in every form, its own first.
  public var predictions: [Prediction] {
    models.flatMap { model in
      PredictionForm.allCases.sorted { a, _ in a == model.objective }
        .map { Prediction(model: model, form: $0) }
    }
  }

  /// The first time of the grid at which no model's field is a frozen one.
  public var summaryTime: Float {
    let earliest = models.map(\.earliestTime).max() ?? 0
    return times.first { $0 >= earliest } ?? 1
  }

  /// Means over samples and over the steps from ``summaryTime`` on.
  public struct Summary: Sendable, Equatable {
    public let relativeChange: Double
    public let cosine: Double
    /// The sum over steps, not the mean, radians.
    public let turning: Double
    public let deviation: Double
  }

  public func summary(_ prediction: Prediction) -> Summary {
    let first = times.firstIndex(of: summaryTime) ?? 0
    let changes = prediction.samples.map { $0.changes.dropFirst(first) }
    func mean(_ values: [Double]) -> Double { SampleStatistics(values).mean }
    return Summary(
      relativeChange: mean(changes.flatMap { $0.map(\.relative) }),
      cosine: mean(changes.flatMap { $0.map(\.cosine) }),
      turning: mean(changes.map { $0.isEmpty ? .nan : $0.reduce(0) { $0 + $1.angle } }),
      deviation: mean(prediction.samples.flatMap { $0.deviation.dropFirst(first) }))
  }
}
