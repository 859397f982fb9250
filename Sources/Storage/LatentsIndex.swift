import Diagnostics

/// Where everything lies in a latents file: enough to read it without HDF5.
///
/// A file of ours carries it in its user block: see ``SealedIndex``.
struct LatentsIndex: SealedIndex, Equatable {
  static let format = HDF5Format(
    name: "flowturbo-latents", version: 1, holds: "latents", command: "flowturbo encode")

  var description: LatentsDescription
  /// Identity of what was encoded: see ``LatentsWriter/inputsHash``.
  var inputsHash: String
  /// Number of samples, N.
  var count: Int
  /// First bytes of the datasets.
  var mean = Int.max
  var logVariance = Int.max
  var labels = Int.max
  var sourcePaths = Int.max
  var classNames = Int.max
  /// Bytes per text.
  var sourcePathWidth: Int
  var classNameWidth: Int

  /// Bytes of one sample in `mean` or `log_variance`: two flips of binary32.
  var sampleBytes: Int? { description.latentCount.map { 8 * $0 } }

  /// The byte ranges of the datasets, checked against the file's size.
  func ranges(fileSize: Int, path: String) throws -> [Range<Int>] {
    guard count > 0, let sampleBytes, sourcePathWidth > 0, classNameWidth > 0,
      description.imageSize > 0, description.scalingFactor.isFinite
    else {
      throw InputError(path, expected: "a latents file with samples", found: "none or no shape")
    }
    return try [
      ("mean", mean, count, sampleBytes), ("log_variance", logVariance, count, sampleBytes),
      ("labels", labels, count, 4), ("source_paths", sourcePaths, count, sourcePathWidth),
      ("class_names", classNames, description.classNames.count, classNameWidth),
    ].map { name, offset, count, size in
      let (length, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, offset >= 0, offset <= fileSize, length <= fileSize - offset else {
        throw InputError(
          "\(path): dataset '\(name)'", expected: "\(count) records of \(size) bytes",
          found: "a file of \(fileSize) bytes",
          remedy: "the file may be cut off: copy or encode it again")
      }
      return offset..<offset + length
    }
  }
}
