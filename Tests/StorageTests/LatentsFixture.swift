import Files
import Foundation
import Storage
import Testing

/// Seven images in parts of three; image 4 is broken.
struct LatentsFixture {
  static let good = [0, 1, 2, 3, 5, 6]
  static let sources = (0..<7).map {
    LatentsWriter.Source(path: "n0\($0 % 2)/bild-ü-\($0).JPEG", label: Int32($0 % 2))
  }
  static let description = LatentsDescription(
    channels: 2, height: 3, width: 2, classNames: ["n00 Schloß", "n01", ""],
    labelPolicy: "folders", vaeHash: String(repeating: "ab", count: 32), scalingFactor: 0.18215,
    imageSize: 24, configuration: "seed: 1\noutput: x\n", createdBy: "flowturbo test")

  /// Both flips: (2, C, H, W) of an image, and an offset to tell the moments apart.
  static func values(_ image: Int, _ offset: Float) -> [Float] {
    (0..<24).map { Float(image * 100 + $0) + offset }
  }

  static func writer(_ path: String, description: LatentsDescription = description) throws
    -> LatentsWriter
  {
    try LatentsWriter(path: path, description: description, sources: sources, imagesPerPart: 3)
  }

  static func write(part number: Int, of writer: LatentsWriter) throws {
    var part = writer.part(number)
    for image in part.range where good.contains(image) {
      try part.append(index: image, mean: values(image, 0), logVariance: values(image, 0.5))
    }
    try writer.write(part)
  }

  /// Writes the whole file.
  static func make(_ path: String, order: [Int] = [0, 1, 2]) throws {
    let writer = try writer(path)
    for number in order { try write(part: number, of: writer) }
    try writer.finish()
  }

  /// Compares everything in the file with what was written.
  static func check(_ file: LatentsFile, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(file.description == description, sourceLocation: sourceLocation)
    #expect(file.count == good.count, sourceLocation: sourceLocation)
    #expect(file.labels == [0, 1, 0, 1, 1, 0], sourceLocation: sourceLocation)
    for (sample, image) in good.enumerated() {
      let source = try file.sourcePath(index: sample)
      #expect(source == sources[image].path, sourceLocation: sourceLocation)
      for flip in [false, true] {
        var mean = [Float](repeating: 0, count: 12)
        var logVariance = mean
        try mean.withUnsafeMutableBufferPointer { mean in
          try logVariance.withUnsafeMutableBufferPointer {
            try file.read(index: sample, flip: flip, mean: mean, logVariance: $0)
          }
        }
        let half = flip ? 12..<24 : 0..<12
        #expect(mean == Array(values(image, 0)[half]), sourceLocation: sourceLocation)
        #expect(logVariance == Array(values(image, 0.5)[half]), sourceLocation: sourceLocation)
      }
    }
  }
}
