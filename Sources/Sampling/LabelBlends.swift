import Diagnostics

/// A class between two: its embedding is (1 − weight)·first + weight·second.
struct LabelBlend: Hashable {
  let first: Int32
  let second: Int32
  let weight: Float
}

/// The blends that a sampler knows, each under a label of its own after the null class.
final class LabelBlends {
  private let nullClass: Int32
  private var blends: [LabelBlend] = []

  init(nullClass: Int) { self.nullClass = Int32(clamping: nullClass) }

  /// The largest label that means something.
  var last: Int32 { nullClass + Int32(clamping: blends.count) }

  /// The label of a blend; a class itself where that is all of it.
  /// - Throws: `InputError` for classes that are not there and weights outside 0…1.
  func label(_ blend: LabelBlend) throws -> Int32 {
    for label in [blend.first, blend.second] where !(0...nullClass).contains(label) {
      throw InputError("label", expected: "a class from 0 to \(nullClass)", found: "\(label)")
    }
    guard (0...1).contains(blend.weight) else {
      throw InputError("weight of a label", expected: "0 to 1", found: "\(blend.weight)")
    }
    if blend.weight == 0 || blend.first == blend.second { return blend.first }
    if blend.weight == 1 { return blend.second }
    if let known = blends.firstIndex(of: blend) { return nullClass + 1 + Int32(clamping: known) }
    blends.append(blend)
    return last
  }

  func isBlend(_ label: Int32) -> Bool { label > nullClass }

  /// What a label stands for.
  subscript(label: Int32) -> LabelBlend {
    let index = Int(label) - Int(nullClass) - 1
    return blends.indices.contains(index)
      ? blends[index] : LabelBlend(first: label, second: label, weight: 0)
  }
}
