/// What the tensors of an Inception-v3 say of it, under the names of torchvision and
/// pytorch-fid.
struct InceptionFacts: Sendable {
  let classes: Int
  /// Whether it has a second classifier, as torchvision's and not FID's.
  let hasAuxiliaryClassifier: Bool

  /// Names that every Inception-v3 has.
  static let hallmarks = [
    "Conv2d_1a_3x3.conv.weight", "Mixed_5b.branch1x1.conv.weight",
    "Mixed_6d.branch1x1.conv.weight", "Mixed_7c.branch_pool.conv.weight", "fc.weight",
  ]

  /// - Returns: nil where the tensors are not those of an Inception-v3.
  init?(_ shapes: [String: [Int]]) {
    guard Self.hallmarks.count(where: { shapes[$0] != nil }) >= 3 else { return nil }
    let rows = shapes["fc.weight"]?.first ?? 1008
    classes = (1...65_536).contains(rows) ? rows : 1008
    hasAuxiliaryClassifier = shapes.keys.contains { $0.hasPrefix("AuxLogits.") }
  }
}
