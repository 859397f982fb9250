import Diagnostics
import Files

/// Where everything lies in a file of features: enough to read it without HDF5.
struct FeaturesIndex: SealedIndex, Equatable {
  static let format = HDF5Format(
    name: "flowturbo-features", version: 1, holds: "features", command: "flowturbo evaluate")

  /// The datasets besides the ``FeatureColumn``s.
  enum Dataset: String, CaseIterable {
    case hashes = "image_sha256"
    case formats = "image_formats"
    case sizes = "image_sizes"
    case sources = "source_indices"
    case labels
    case classNames = "class_names"
  }

  struct Place: Codable, Equatable {
    var offset: Int
    /// Bytes of a record.
    var size: Int
    var count: Int
  }

  var description: FeaturesDescription
  /// Identity of what the features are of: see ``FeaturesWriter/inputsHash``.
  var inputsHash: String
  /// Number of samples, N.
  var count: Int
  /// Images that were looked at, broken ones included.
  var examined: Int
  /// By the datasets' names.
  var places: [String: Place] = [:]

  func place(_ column: FeatureColumn) -> Place? { places[column.rawValue] }
  func place(_ dataset: Dataset) -> Place? { places[dataset.rawValue] }

  func ranges(fileSize: Int, path: String) throws -> [Range<Int>] {
    guard count > 0, examined >= count, description.isSound else {
      throw InputError(path, expected: "a file of features", found: "none or no dimensions")
    }
    return try places.sorted { $0.key < $1.key }.map { name, place in
      let (length, overflow) = place.count.multipliedReportingOverflow(by: place.size)
      guard !overflow, place.size > 0, place.count > 0, place.offset >= 0,
        place.offset <= fileSize, length <= fileSize - place.offset
      else {
        throw InputError(
          "\(path): dataset '\(name)'", expected: "\(place.count) records of \(place.size) bytes",
          found: "a file of \(fileSize) bytes",
          remedy: "the file may be cut off: copy or make it again")
      }
      return place.offset..<place.offset + length
    }
  }

  /// Whether every dataset is there and has a record for each sample, of the size that the
  /// description says.
  func check(_ path: String) throws {
    func require(_ name: String, count expected: Int, size: Int?) throws {
      let place = places[name]
      guard let place, place.count == expected, size ?? place.size == place.size else {
        throw InputError(
          "\(path): dataset '\(name)'",
          expected: "\(expected) records" + (size.map { " of \($0) bytes" } ?? ""),
          found: place.map { "\($0.count) of \($0.size)" } ?? "none")
      }
    }
    for column in description.columns {
      try require(column.rawValue, count: count, size: 4 * description.dimensions(of: column))
    }
    for dataset in Dataset.allCases {
      switch dataset {
      case .hashes, .formats: try require(dataset.rawValue, count: count, size: nil)
      case .sizes: try require(dataset.rawValue, count: count, size: 8)
      case .sources: try require(dataset.rawValue, count: count, size: 4)
      case .labels:
        if description.hasLabels { try require(dataset.rawValue, count: count, size: 4) }
      case .classNames:
        let names = description.classNames.count
        if names > 0 { try require(dataset.rawValue, count: names, size: nil) }
      }
    }
  }
}
