import Diagnostics
import Files

/// One of our layouts of HDF5 files.
struct HDF5Format: Sendable, Equatable {
  /// The attribute `format`.
  let name: String
  /// The attribute `format_version`.
  let version: Int
  /// What such a file holds, for errors.
  let holds: String
  /// The command that writes it.
  let command: String
}

extension HDF5 {
  /// Writes the attributes that name the layout.
  func put(_ format: HDF5Format) throws {
    try put("format", format.name)
    try put("format_version", format.version)
  }

  /// - Throws: `InputError` where the file says that it has another layout.
  func check(_ format: HDF5Format) throws {
    guard try text("format") == format.name, try integer("format_version") == format.version else {
      throw InputError(
        path, expected: "format \(format.name) version \(format.version)", found: "another",
        remedy: "make it with this version of \(format.command)")
    }
  }

  // MARK: Datasets of a known kind

  /// A dataset in one piece and with no empty side.
  private func dataset(_ name: String, rank: Int, _ expected: String) throws -> Dataset {
    let dataset = try dataset(name)
    guard dataset.shape.count == rank, dataset.shape.allSatisfy({ $0 > 0 }), dataset.offset != nil
    else {
      throw InputError(
        "\(path): dataset '\(name)'", expected: "\(expected), contiguous and not empty",
        found: "\(dataset.element) of shape \(dataset.shape)"
          + (dataset.offset == nil ? ", not contiguous" : ""))
    }
    return dataset
  }

  func numbers(_ name: String, _ element: Dataset.Element, rank: Int) throws -> Dataset {
    let found = try dataset(name, rank: rank, "\(element) of rank \(rank)")
    guard found.element == element else {
      throw InputError(
        "\(path): dataset '\(name)'", expected: "\(element)", found: "\(found.element)")
    }
    return found
  }

  /// Texts of one length.
  func texts(_ name: String) throws -> (dataset: Dataset, width: Int) {
    let found = try dataset(name, rank: 1, "fixed-length text")
    guard case .text(let width) = found.element else {
      throw InputError(
        "\(path): dataset '\(name)'", expected: "fixed-length text", found: "\(found.element)")
    }
    return (found, width)
  }

  /// The values of a small dataset of texts.
  func shortTexts(_ name: String) throws -> [String] {
    let (dataset, width) = try texts(name)
    let (length, overflow) = dataset.shape[0].multipliedReportingOverflow(by: width)
    guard !overflow, length < 1 << 24, let offset = dataset.offset, offset < .max - length
    else { throw InputError("\(path): dataset '\(name)' is too large") }
    let bytes = try ReadOnlyFile(path).bytes(offset..<offset + length)
    return FixedText.texts(bytes, width: width)
  }
}
