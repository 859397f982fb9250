import Evaluation
import Imaging

/// A way to evaluate that papers share: how images are shown to which network, how means are
/// rounded, what is compared. Numbers of two protocols are never compared.
public enum EvaluationProtocol: String, Sendable, CaseIterable, Codable {
  /// ADM's evaluator (guided-diffusion, `evaluations/evaluator.py`).
  case adm
  /// pytorch-fid.
  case pytorchFID = "pytorch-fid"
  /// clean-fid, mode "clean".
  case cleanFID = "clean-fid"
  /// FlowTurbo's own: features of pytorch-fid against ADM's TensorFlow statistics.
  case flowturbo
  /// Another network than FID's Inception, by which results are named.
  case features

  /// How Inception is shown an image; nil where it is not Inception.
  var input: FeatureInput? {
    switch self {
    case .adm: .adm
    case .pytorchFID, .flowturbo: .pytorchFID
    case .cleanFID: .cleanFID
    case .features: nil
    }
  }

  var means: MeanPrecision { self == .adm ? .single : .double }

  var inceptionScore: InceptionScoreProtocol { self == .adm ? .adm() : .fidelity() }

  /// Whether an npz that holds statistics and images is compared by its statistics.
  var prefersStatistics: Bool { self == .adm || self == .flowturbo }

  /// What is computed where nothing is asked for.
  var metrics: [MetricName] {
    switch self {
    case .adm: [.fid, .sfid, .inceptionScore, .precision, .recall]
    case .pytorchFID, .flowturbo: [.fid]
    case .cleanFID: [.fid, .kid]
    case .features: [.fid, .precision, .recall]
    }
  }

  /// The protocol of features that were prepared in this way.
  init(preparation: String) {
    self =
      Self.allCases.first { $0 != .flowturbo && $0.input?.isPreparation(preparation) == true }
      ?? .features
  }
}

extension MetricName {
  /// What a result is called: the bare name belongs to FID's Inception alone.
  func title(extractor: String) -> String {
    extractor == InceptionExtractor.networkName ? rawValue : "\(rawValue)[\(extractor)]"
  }
}
