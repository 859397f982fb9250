import CPUExecutor
import Configuration
import Evaluation
import Models
import Sampling
import Training

extension SamplingPlan: ConfigurationValue {
  public static var expectation: String { "a plan like H4P3R2, [H1P1R1]x3 or heun:8" }
  public init(parsing text: String) throws { try self.init(text) }
}

extension LabelPolicy: ConfigurationValue {
  public static var expectation: String { "random, balanced or classes like 0-4,7" }
  public static var listSeparator: String? { "," }
  public init(parsing text: String) throws { try self.init(text) }
}

extension TimeSpacing: ConfigurationValue {
  public static var expectation: String { "uniform, cosine, shift: 3.0 or a list of times" }
  public static var listSeparator: String? { "," }
  public static var pairSeparator: String? { ":" }
  public init(parsing text: String) throws { try self.init(text) }
}

extension AdaptiveOptions.Scope: ConfigurationValue {}
extension DiffusionForm: ConfigurationValue {}
extension DiffusionLastStep: ConfigurationValue {}
extension RefinerVariant: ConfigurationValue {}
extension GuidanceChannels: ConfigurationValue {}
extension LearningRateSchedule.Decay: ConfigurationValue {}
extension TimeOffsetOptions.Distribution: ConfigurationValue {}
extension TimeOffsetOptions.Scope: ConfigurationValue {}
extension MetricName: ConfigurationValue {}
extension EvaluationProtocol: ConfigurationValue {}
extension PrecisionChoice: ConfigurationValue {}
extension LikelihoodSettings.Latents: ConfigurationValue {}
extension LikelihoodSettings.Classes: ConfigurationValue {}
extension LikelihoodSettings.Trace: ConfigurationValue {}
