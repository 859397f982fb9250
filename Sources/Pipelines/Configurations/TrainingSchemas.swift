import Configuration
import Training

extension OptimizerOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("learningRate", &learningRate, in: .above(0))
    try table.pair("betas", &beta1, &beta2, in: .range(0..<1))
    try table.optional("epsilon", &epsilon, in: .above(0))
    try table.optional("weightDecay", &weightDecay, in: .atLeast(0))
    try table.optional("gradientClip", &gradientClip, in: .above(0))
    try table.optional("emaDecay", &emaDecay, in: .range(0..<1))
    try table.section("schedule", &schedule)
  }
}

extension LearningRateSchedule: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("decay", &decay)
    try table.optional("warmupSteps", &warmupSteps, in: .range(0...1_000_000_000))
    try table.optional("finalFraction", &finalFraction, in: .range(0...1))
  }
}

extension TrainingOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("steps", &steps, in: .range(1...1_000_000_000))
    try table.optional("batch", &batch, in: .range(1...65_536))
    try table.optional("accumulation", &accumulation, in: .range(1...65_536))
    try table.section("optimizer", &optimizer)
    try table.section("checkpoint", &checkpoint)
    try table.optional("logEvery", &logEvery, in: .range(1...1_000_000_000))
    try table.section("heldOut", &heldOut)
  }
}

extension CheckpointOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("every", &every, in: .range(1...1_000_000_000))
    try table.optional("keep", &keep, in: .range(1...1_000_000))
  }
}

extension HeldOutOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("count", &count, in: .range(0...10_000_000))
    try table.optional("every", &every, in: .range(1...1_000_000_000))
  }
}

extension TimeDistribution: ConfigurationSchema {
  private enum Name: String, CaseIterable, ConfigurationValue {
    case uniform
    case logitNormal
  }

  public init() { self = .uniform }

  public mutating func fields(_ table: ConfigurationFields) throws {
    var name = Name.uniform
    var (mean, std) = (0.0, 1.0)
    if case .logitNormal(let currentMean, let currentStd) = self {
      (name, mean, std) = (.logitNormal, currentMean, currentStd)
    }
    try table.optional("distribution", &name)
    switch name {
    case .uniform:
      self = .uniform
    case .logitNormal:
      try table.optional("mean", &mean, in: .range(-100...100))
      try table.optional("std", &std, in: .range(0.001...100))
      self = .logitNormal(mean: mean, std: std)
    }
  }
}

extension TimeOffsetOptions: ConfigurationSchema {
  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.pair("range", &lower, &upper)
    try table.optional("distribution", &distribution)
    try table.optional("per", &per)
  }
}

extension PredictorTrainingOptions {
  mutating func fields(_ table: ConfigurationFields) throws {
    try common.fields(table)
    try table.optional("labelDropout", &labelDropout, in: .range(0...1))
    try table.section("time", &time)
  }
}

extension RefinerTrainingOptions {
  mutating func fields(_ table: ConfigurationFields) throws {
    try common.fields(table)
    try table.optional("labelDropout", &labelDropout, in: .range(0...1))
    try table.section("time", &time)
    try table.section("offset", &offset)
  }
}

extension AutoencoderTrainingOptions {
  mutating func fields(_ table: ConfigurationFields) throws {
    try common.fields(table)
    try table.optional("klWeight", &klWeight, in: .atLeast(0))
    try table.optional("decoderOnly", &decoderOnly)
  }
}
