import CDNN
import Diagnostics
import TensorGraph

/// What a user asks programs to multiply in.
public enum PrecisionChoice: String, Sendable, CaseIterable {
  case float32, bfloat16
  /// bfloat16 where the processor multiplies it, else float32.
  case auto

  /// - Throws: `InputError` where bfloat16 is asked for and oneDNN has no kernels for it here.
  public func resolved(support: BFloat16Support = .ofThisProcessor) throws -> Precision {
    switch (self, support) {
    case (.float32, _), (.auto, .none), (.auto, .emulated): return .float32
    case (.auto, .native), (.bfloat16, .native), (.bfloat16, .emulated): return .bfloat16
    case (.bfloat16, .none):
      throw InputError(
        "precision", expected: "a processor with AVX-512, which bfloat16 needs",
        found: "one without", remedy: "choose float32 or auto")
    }
  }
}

/// What this machine makes of bfloat16.
public enum BFloat16Support: Sendable {
  case none
  /// By way of float32 (AVX-512 alone): right, and slower than float32.
  case emulated
  /// AVX-512 BF16 or AMX.
  case native

  public static var ofThisProcessor: BFloat16Support {
    switch cdnn_bfloat16_support() {
    case CDNN_BFLOAT16_NATIVE: .native
    case CDNN_BFLOAT16_EMULATED: .emulated
    default: .none
    }
  }
}
