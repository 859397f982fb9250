import Diagnostics
import Files
import Foundation

/// A latents file open for reading, by any number of threads at once.
///
/// Samples are read straight from their place in the file; HDF5 is not involved.
public final class LatentsFile: Sendable {
  public let description: LatentsDescription
  /// Identity of what was encoded and how: see ``LatentsWriter/inputsHash``.
  public let inputsHash: String
  /// Number of samples, N.
  public let count: Int
  /// Elements of one latent, C·H·W.
  public let latentCount: Int
  /// The label of every sample, each an index into `description.classNames`.
  public let labels: [Int32]

  public var path: String { file.path }

  private let file: ReadOnlyFile
  private let index: LatentsIndex

  /// Opens and checks a latents file: one that `flowturbo encode` wrote and
  /// nobody changed at once, any other of the same layout by ``HDF5Probe``.
  public convenience init(path: String) throws {
    try self.init(path: path, probe: nil)
  }

  /// - Parameter probe: the program to look at unknown files with; nil for this one.
  package init(path: String, probe: String?) throws {
    file = try ReadOnlyFile(path)
    index = try LatentsIndex(of: file, probe: probe)
    let ranges = try index.ranges(fileSize: file.size, path: path)
    description = index.description
    inputsHash = index.inputsHash
    count = index.count
    latentCount = index.description.latentCount ?? 0
    let bytes = try file.bytes(ranges[2])
    labels = bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        Int32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
      }
    }
    let classes = description.classNames.count
    if let wrong = labels.firstIndex(where: { $0 < 0 || Int($0) >= classes }) {
      throw InputError(
        "\(path): dataset 'labels'", expected: "values from 0 to \(classes - 1)",
        found: "\(labels[wrong]) at \(wrong)")
    }
  }

  /// Reads the posterior of one sample.
  /// - Parameters:
  ///   - index: 0 to `count` - 1.
  ///   - flip: whether of the horizontally flipped image.
  ///   - mean: C·H·W elements, (C, H, W), not scaled.
  ///   - logVariance: as many natural logarithms of variances.
  public func read(
    index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
    logVariance: UnsafeMutableBufferPointer<Float>
  ) throws {
    try check(index)
    guard mean.count == latentCount, logVariance.count == latentCount else {
      throw InputError(
        path, expected: "room for \(latentCount) elements of a latent",
        found: "\(mean.count) and \(logVariance.count)")
    }
    let offset = (2 * index + (flip ? 1 : 0)) * 4 * latentCount
    try file.read(at: self.index.mean + offset, into: UnsafeMutableRawBufferPointer(mean))
    try file.read(
      at: self.index.logVariance + offset, into: UnsafeMutableRawBufferPointer(logVariance))
  }

  /// The image that sample `index` was made from, relative to the data folder.
  public func sourcePath(index: Int) throws -> String {
    try check(index)
    let start = self.index.sourcePaths + index * self.index.sourcePathWidth
    return FixedText.text(try file.bytes(start..<start + self.index.sourcePathWidth))
  }

  private func check(_ index: Int) throws {
    guard index >= 0, index < count else {
      throw InputError(path, expected: "a sample from 0 to \(count - 1)", found: "\(index)")
    }
  }
}
