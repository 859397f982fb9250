import Diagnostics
import Imaging
import Testing

/// What feature networks are shown, against PyTorch, Pillow and TensorFlow's definition.
@Suite struct FeatureInputTests {
  private let fixture: Tensors

  init() throws { fixture = try Tensors("feature_input") }

  private func written(_ input: FeatureInput, _ image: RGBImage, side: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: side * side * 3) { buffer, count in
      count = side * side * 3
      input.write(image, side: side, to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
    }
  }

  private func image(_ name: String) throws -> RGBImage {
    let stored = try fixture("in/\(name)").image
    return RGBImage(width: stored.width, height: stored.height, pixels: stored.pixels)
  }

  private func largestError(_ found: some Collection<Float>, _ expected: [Float]) -> Float {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
  }

  /// Pillow's sums and TensorFlow's to the last bit.
  @Test(arguments: FeatureInput.allCases)
  func eightBitImages(_ input: FeatureInput) throws {
    let cases = fixture.under("\(input.rawValue)/")
    #expect(cases.count == 11)
    for (name, expected) in cases {
      let found = written(input, try image(name), side: expected.shape[0])
      let error = largestError(found, expected.values(as: Float.self))
      // PyTorch takes another kernel for small images, which rounds positions otherwise.
      #expect(error <= (input == .pytorchFID ? 1e-6 : 0), "\(name): \(error)")
    }
  }

  /// PyTorch's too, at the size that counts.
  @Test(arguments: FeatureInput.allCases, [0, 150, 298])
  func fullSize(_ input: FeatureInput, row: Int) throws {
    let expected = try fixture("row/\(input.rawValue)/\(row)").values(as: Float.self)
    let found = written(input, try image("full"), side: 299)[row * 897..<(row + 1) * 897]
    #expect(largestError(found, expected) == 0)
  }

  @Test func unquantisedImages() throws {
    let cases = fixture.under("unquantised/")
    #expect(cases.count == 11)
    for (name, expected) in cases {
      let planes = try fixture("planes/\(name)")
      let found = try unquantised(
        planes.values(as: Float.self), width: planes.shape[2], height: planes.shape[1],
        side: expected.shape[0])
      let error = largestError(found, expected.values(as: Float.self))
      #expect(error <= 1e-6, "\(name): \(error)")
    }
  }

  private func unquantised(_ planes: [Float], width: Int, height: Int, side: Int) throws -> [Float]
  {
    var found = [Float](repeating: .nan, count: side * side * 3)
    try planes.withUnsafeBufferPointer { planes in
      try found.withUnsafeMutableBufferPointer {
        try FeatureInput.writeUnquantised(
          planes, width: width, height: height, side: side, to: $0)
      }
    }
    return found
  }

  /// An 8-bit image and the same values as floats are the same to the network.
  @Test func bytesAndFloatsAgree() throws {
    let image = try image("b")
    let planes = (0..<3).flatMap { c in
      (0..<image.width * image.height).map { Float(image.pixels[3 * $0 + c]) / 255 }
    }
    let found = try unquantised(planes, width: image.width, height: image.height, side: 13)
    #expect(found == written(.pytorchFID, image, side: 13))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteIsRefused(_ value: Float) throws {
    var planes = [Float](repeating: 0.5, count: 3 * 4 * 6)
    planes[30] = value
    let error = #expect(throws: InputError.self) {
      try unquantised(planes, width: 6, height: 4, side: 12)
    }
    #expect(
      error?.description
        == "image of 6 × 4 unquantised pixels: expected finite numbers, found infinity or NaN")
  }

  /// The protocols are different things: an evaluation must not take one for another.
  @Test func protocolsDiffer() throws {
    let image = try image("full")
    let results = FeatureInput.allCases.map { written($0, image, side: 299) }
    for (index, result) in results.enumerated() {
      for other in results[..<index] { #expect(largestError(result, other) > 0.1) }
    }
  }
}
