import Diagnostics
import Imaging
import Sampling
import Storage

/// The classes of a set's images.
struct SetLabels: Sendable, Equatable {
  /// Where they come from: see the cases.
  let policy: String
  /// Of every image of the list, broken ones included.
  let values: [Int32]
  /// `names[label]`; empty where labels are numbers only.
  let names: [String]
}

extension SetLabels {
  /// Folders of a tree; nil of a flat one.
  init?(_ folder: ImageFolder) {
    guard folder.labelPolicy != .none else { return nil }
    self.init(
      policy: folder.labelPolicy.rawValue,
      values: folder.images.map { Int32(clamping: $0.label) }, names: folder.classNames)
  }

  /// What `flowturbo sample` drew for the samples of these indices.
  init?(_ manifest: SampleManifest, indices: [Int]) {
    guard let labels = try? LabelPolicy(manifest.labels),
      let classes = manifest.classes ?? labels.leastClasses,
      (1...LabelPolicy.maximumClasses).contains(classes),
      // Names of files are not to be trusted.
      indices.allSatisfy((0..<1 << 48).contains)
    else { return nil }
    let draws = SampleDraws(seed: manifest.seed, labels: labels, classes: classes)
    self.init(
      policy: "manifest: \(manifest.labels)",
      values: indices.flatMap { draws.labels($0..<$0 + 1) }, names: [])
  }

  /// The array `arr_1` of an npz.
  /// - Throws: `InputError` for numbers that are no classes.
  init(array values: [Int64], named name: String) throws {
    let labels = try values.map { value in
      guard (0..<Int64(LabelPolicy.maximumClasses)).contains(value) else {
        throw InputError(
          name, expected: "classes from 0 to \(LabelPolicy.maximumClasses - 1)", found: "\(value)")
      }
      return Int32(value)
    }
    self.init(policy: "arr_1", values: labels, names: [])
  }
}

extension LabelPolicy {
  /// Classes that a list says there are at least; nil where any number will do.
  fileprivate var leastClasses: Int? {
    if case .classes(let list) = self { (list.max() ?? 0) + 1 } else { nil }
  }
}
