/// How much of a graph is compiled together.
public enum Compilation: String, Sendable, CaseIterable {
  /// The graph is one program: neighbouring operations share a kernel, memory is planned,
  /// weights are packed once.
  case whole
  /// Each operation is a kernel of its own, run one after the other with the same threads, into
  /// memory that is asked for when it is needed and freed after its last use; nothing is
  /// packed ahead. What ``whole`` is measured against.
  case separate = "none"
}
