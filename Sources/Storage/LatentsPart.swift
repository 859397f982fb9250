import Diagnostics
import Files

/// The posteriors of one fixed range of the image list, on their way into a
/// latents file. Broken images are left out, so there may be fewer samples than images.
public struct LatentsPart: Sendable {
  public let number: Int
  /// Places in the image list that this part stands for.
  public let range: Range<Int>
  /// Elements of one sample: both flips of a latent.
  let valuesPerSample: Int
  private(set) var indices: [UInt64] = []
  private(set) var means: [Float] = []
  private(set) var logVariances: [Float] = []

  init(number: Int, range: Range<Int>, valuesPerSample: Int) {
    self.number = number
    self.range = range
    self.valuesPerSample = valuesPerSample
    means.reserveCapacity(range.count * valuesPerSample)
    logVariances.reserveCapacity(range.count * valuesPerSample)
  }

  /// Adds the posterior of image `index`: (2, C, H, W) each, as is and flipped.
  /// Images come in ascending order.
  public mutating func append(
    index: Int, mean: UnsafeBufferPointer<Float>, logVariance: UnsafeBufferPointer<Float>
  ) throws {
    guard range.contains(index), indices.last.map({ $0 < UInt64(index) }) ?? true,
      mean.count == valuesPerSample, logVariance.count == valuesPerSample
    else {
      throw InputError(
        "part \(number) of the latents",
        expected: "images of \(range) in order, \(valuesPerSample) values each",
        found: "image \(index), \(mean.count) and \(logVariance.count) values")
    }
    indices.append(UInt64(index))
    means.append(contentsOf: mean)
    logVariances.append(contentsOf: logVariance)
  }

  public mutating func append(index: Int, mean: [Float], logVariance: [Float]) throws {
    try mean.withUnsafeBufferPointer { mean in
      try logVariance.withUnsafeBufferPointer {
        try append(index: index, mean: mean, logVariance: $0)
      }
    }
  }
}

/// A part's file: all that resuming and joining need, little-endian:
/// 8 bytes "FTLPART1", 64 of the inputs' hash, the number of samples as UInt64,
/// their places in the image list as UInt64, all means, all log-variances.
struct LatentsPartFile {
  let file: ReadOnlyFile
  /// Places in the image list.
  let indices: [Int]
  /// Bytes of the means, and of the log-variances after them.
  let blockBytes: Int

  private static let magic = Array("FTLPART1".utf8)
  private static let headerBytes = 8 + 64 + 8

  var means: Range<Int> { file.size - 2 * blockBytes..<file.size - blockBytes }
  var logVariances: Range<Int> { file.size - blockBytes..<file.size }

  static func write(_ part: LatentsPart, inputsHash: String, to path: String) throws {
    try AtomicFile.write(to: path) { temporary in
      let file = try OutputFile(temporary)
      try file.write(magic + Array(inputsHash.utf8))
      try ([UInt64(part.indices.count)] + part.indices).withUnsafeBytes { try file.write($0) }
      try part.means.withUnsafeBytes { try file.write($0) }
      try part.logVariances.withUnsafeBytes { try file.write($0) }
    }
  }

  /// - Throws: `InputError` when the part is of other inputs, or damaged.
  init(path: String, inputsHash: String, range: Range<Int>, valuesPerSample: Int) throws {
    file = try ReadOnlyFile(path)
    let damaged = InputError(
      path, expected: "a whole part of a latents file", found: "a damaged one",
      remedy: "remove it and run the command again")
    guard file.size >= LatentsPartFile.headerBytes else { throw damaged }
    let header = try file.bytes(0..<LatentsPartFile.headerBytes)
    guard header.starts(with: LatentsPartFile.magic) else { throw damaged }
    guard header[8..<72].elementsEqual(inputsHash.utf8) else {
      throw InputError(
        path, expected: "a part of the same configuration, VAE and image list",
        found: "one of others", remedy: "remove its folder, or run with what it was begun with")
    }
    let count = LatentsPartFile.integers(header[72...])[0]
    guard count <= range.count else { throw damaged }
    blockBytes = count * valuesPerSample * 4
    let start = LatentsPartFile.headerBytes
    guard file.size == start + 8 * count + 2 * blockBytes else { throw damaged }
    indices = LatentsPartFile.integers(try file.bytes(start..<start + 8 * count)[...])
    guard indices.allSatisfy(range.contains),
      zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw damaged }
  }

  private static func integers(_ bytes: ArraySlice<UInt8>) -> [Int] {
    bytes.withUnsafeBytes { raw in
      (0..<raw.count / 8).map {
        Int(clamping: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
  }
}
