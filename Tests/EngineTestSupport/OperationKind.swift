import TensorGraph

/// The operations without their parameters, so that tests can tell which ones
/// no case covers. A new operation does not compile here until it has a kind.
public enum OperationKind: String, Hashable, CaseIterable, Sendable {
  case input, variable, constant, unary, binary
  case reshape, transpose, broadcast, slice, pad, concatenate, gather, scatterAdd, reduceSum
  case linear, matmul, convolution, convolutionInputGradient, convolutionWeightGradient
  case upsampleNearest, sumPool, maxPool, maxPoolGradient, averagePool, averagePoolGradient
  case attention, attentionGradient, layerNormModulate, layerNormModulateGradient
  case gatedResidual, gatedResidualGradient, groupNorm, groupNormGradient, adamW

  public init(_ operation: TensorGraph.Operation) {
    self =
      switch operation {
      case .input: .input
      case .variable: .variable
      case .constant: .constant
      case .unary: .unary
      case .binary: .binary
      case .reshape: .reshape
      case .transpose: .transpose
      case .broadcast: .broadcast
      case .slice: .slice
      case .pad: .pad
      case .concatenate: .concatenate
      case .gather: .gather
      case .scatterAdd: .scatterAdd
      case .reduceSum: .reduceSum
      case .linear: .linear
      case .matmul: .matmul
      case .convolution: .convolution
      case .convolutionInputGradient: .convolutionInputGradient
      case .convolutionWeightGradient: .convolutionWeightGradient
      case .upsampleNearest: .upsampleNearest
      case .sumPool: .sumPool
      case .maxPool: .maxPool
      case .maxPoolGradient: .maxPoolGradient
      case .averagePool: .averagePool
      case .averagePoolGradient: .averagePoolGradient
      case .attention: .attention
      case .attentionGradient: .attentionGradient
      case .layerNormModulate: .layerNormModulate
      case .layerNormModulateGradient: .layerNormModulateGradient
      case .gatedResidual: .gatedResidual
      case .gatedResidualGradient: .gatedResidualGradient
      case .groupNorm: .groupNorm
      case .groupNormGradient: .groupNormGradient
      case .adamW: .adamW
      }
  }
}
