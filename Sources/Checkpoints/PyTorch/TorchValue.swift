/// Something in a file of PyTorch's that is no tensor: a setting, a step count.
public struct TorchValue: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case none
    case bool(Bool)
    case int(Int)
    /// Decimal digits of an integer of more than 64 bits.
    case longInteger(String)
    case float(Double)
    case string(String)
    /// So many bytes.
    case bytes(Int)
    case emptyTuple, emptyList, emptySet, emptyDictionary
    /// A class or an object of one whose state is no dictionary, as `pathlib.PosixPath`.
    case object(String)
  }

  /// Named as tensors are: `args/lr`, `opt/param_groups/0/betas/1`.
  public let name: String
  public let value: Value
}
