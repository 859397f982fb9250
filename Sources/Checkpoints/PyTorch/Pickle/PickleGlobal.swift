/// The classes and functions that a pickle may name: what `torch.load(weights_only=True)` lets
/// pass for state dictionaries (`torch/_weights_only_unpickler.py`), and a few whose objects
/// stand beside weights. None is ever called; each case says what is made of a call instead.
enum PickleGlobal: Equatable {
  /// `collections.OrderedDict` and `Counter`: a dictionary.
  case orderedDict
  case counter
  /// `torch.Size`: the tuple it was made of.
  case size
  /// `set` and `frozenset`: the list it was made of, as a set.
  case set
  /// A class of storages, for persistent ids.
  case storage(TorchStorageType)
  case elementType(TorchElementType)
  /// `torch._utils._rebuild_tensor`, and `_v2` and `_v3`.
  case rebuildTensor
  case rebuildTensorV2
  case rebuildTensorV3
  /// `_rebuild_parameter`, and `_with_state`: the tensor, its first argument.
  case rebuildParameter
  /// `torch._tensor._rebuild_from_type_v2`: a tensor with attributes, which are not kept.
  case rebuildFromType
  /// `torch.jit._pickle`'s helpers: their first argument.
  case scriptHelper
  /// A class of a TorchScript archive: a record of its attributes.
  case scriptClass
  /// A class or function of which nothing but the name matters; its objects are records of their
  /// state.
  case opaque

  /// Which names a pickle may use.
  enum Scope {
    /// None at all.
    case nothing
    /// What `torch.save` writes.
    case stateDict
    /// What `torch.jit.save` writes.
    case script
  }

  /// - Returns: nil for every name that is not allowed.
  static func named(_ name: String, in module: String, scope: Scope) -> PickleGlobal? {
    // Dots in a name would reach through an allowed class to everything it imports.
    guard scope != .nothing, !name.contains(".") else { return nil }
    if scope == .script {
      if module == "torch.jit._pickle" && scriptHelpers.contains(name) { return .scriptHelper }
      if module == "__torch__" || module.hasPrefix("__torch__.") { return .scriptClass }
    }
    switch module {
    case "torch", "torch.cuda", "torch.storage": return torch(name, module)
    case "torch._utils":
      switch name {
      case "_rebuild_tensor": return .rebuildTensor
      case "_rebuild_tensor_v2": return .rebuildTensorV2
      case "_rebuild_tensor_v3": return .rebuildTensorV3
      case "_rebuild_parameter", "_rebuild_parameter_with_state": return .rebuildParameter
      default: return nil
      }
    case "torch._tensor": return name == "_rebuild_from_type_v2" ? .rebuildFromType : nil
    case "collections":
      switch name {
      case "OrderedDict": return .orderedDict
      case "Counter": return .counter
      default: return nil
      }
    // `__builtin__` is what protocol 2 calls it.
    case "builtins", "__builtin__":
      switch name {
      case "set", "frozenset": return .set
      case "bytes", "bytearray", "complex": return .opaque
      default: return nil
      }
    default: return opaqueNames[module]?.contains(name) == true ? .opaque : nil
    }
  }

  private static func torch(_ name: String, _ module: String) -> PickleGlobal? {
    if name == "UntypedStorage" { return module == "torch.cuda" ? nil : .storage(.untyped) }
    if name.hasSuffix("Storage"), module != "torch.storage" {
      return TorchElementType(storageClass: name).map { .storage(.elements($0)) }
    }
    guard module == "torch" else { return nil }
    switch name {
    case "Size": return .size
    case "device", "Tensor": return .opaque
    default: return TorchElementType(rawValue: name).map(PickleGlobal.elementType)
    }
  }

  private static let scriptHelpers: Set<String> = [
    "build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "restore_type_tag",
  ]

  private static let paths: Set<String> = [
    "Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath",
  ]

  /// Configurations, paths and NumPy's scalars, as training scripts save them beside weights.
  private static let opaqueNames: [String: Set<String>] = [
    "argparse": ["Namespace"],
    "types": ["SimpleNamespace"],
    "pathlib": paths,
    // Where Python 3.13 keeps them.
    "pathlib._local": paths,
    "_codecs": ["encode"],
    "numpy": ["dtype", "ndarray"],
    "numpy.core.multiarray": ["scalar", "_reconstruct"],
    "numpy._core.multiarray": ["scalar", "_reconstruct"],
    "torch.nn.parameter": ["Parameter"],
    "torch.serialization": ["_get_layout"],
  ]
}
