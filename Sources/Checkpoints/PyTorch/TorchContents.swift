import Diagnostics
import Files

/// The tensors of a file of PyTorch's: names, views, and where their storages lie.
struct TorchContents: Sendable {
  struct Entry: Sendable {
    let tensor: StoredTensor
    let layout: StridedLayout
  }

  let entries: [String: Entry]
  let names: [String]
  let values: [TorchValue]

  /// Views repeat elements, several tensors share storages: what reading everything once may
  /// come to, at least, and as a multiple of the file.
  private static let leastTotal = 1 << 30
  private static let mostMultiple = 64

  /// - Parameters:
  ///   - records: where the file holds the bytes of each storage key. They are as many as the
  ///     pickle says.
  ///   - isBigEndian: how their elements are stored.
  init(_ tree: TorchTree, records: [String: Range<Int>], isBigEndian: Bool, file: ReadOnlyFile)
    throws
  {
    var entries: [String: Entry] = [:]
    var total = 0
    let (multiple, overflow) = file.size.multipliedReportingOverflow(by: TorchContents.mostMultiple)
    let most = overflow ? Int.max : max(TorchContents.leastTotal, multiple)
    for (name, view) in tree.tensors {
      guard let record = records[view.key] else {
        throw InputError(
          "\(file.path): tensor '\(printable(name))'", expected: "storage '\(view.key)'",
          found: "none")
      }
      let entry = Entry(
        tensor: StoredTensor(name: name, type: view.type, shape: view.shape),
        layout: StridedLayout(
          start: record.lowerBound + view.start, elementSize: view.type.size, shape: view.shape,
          strides: view.strides, isBigEndian: isBigEndian))
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw InputError(
          file.path, expected: "different names", found: "two tensors '\(printable(name))'")
      }
      guard entry.tensor.byteCount <= most - total else {
        throw InputError(
          file.path, expected: "tensors of at most \(most) bytes together", found: "more",
          remedy: "many of them share their storages or repeat elements")
      }
      total += entry.tensor.byteCount
    }
    guard !entries.isEmpty else {
      throw InputError(
        file.path, expected: "tensors", found: "none in \(tree.rootDescription)",
        remedy: "give a file with weights")
    }
    self.entries = entries
    names = entries.keys.sorted()
    values = tree.values
  }
}
