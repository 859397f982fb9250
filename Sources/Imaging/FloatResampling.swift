import CResampling

/// Pillow's `resize` of an image of mode `F`, sample for sample: weights and sums in double
/// precision, floats between the two passes.
enum FloatResampling {
  /// - Parameter target: `side` rows and columns of the image's channels.
  static func resize(
    _ image: PixelArray, side: Int, filter: ResamplingFilter,
    to target: UnsafeMutableBufferPointer<Float>
  ) {
    func weights(_ length: Int) -> ResamplingWeights {
      ResamplingWeights(source: length, target: side, range: 0..<side, filter: filter)
    }
    let (channels, row) = (image.channels, image.width * image.channels)
    image.pixels.withUnsafeBufferPointer { pixels in
      let bytes = cresampling_source(samples: pixels.baseAddress, is_bytes: 1)
      let horizontal = image.width == side ? nil : weights(image.width)
      let vertical = image.height == side ? nil : weights(image.height)
      switch (horizontal, vertical) {
      case (nil, nil):
        for i in target.indices { target[i] = Float(pixels[i]) }
      case (let horizontal?, nil):
        horizontal.apply(bytes, columns: row, rows: side, channels: channels, to: target)
      case (nil, let vertical?):
        vertical.apply(bytes, row: row, to: target)
      case (let horizontal?, let vertical?):
        // The order of 8-bit images, see ``Resampling``.
        let lost = image.height - side
        let verticalFirst = lost > 0 && lost > 2 * (image.width - side)
        let count = verticalFirst ? side * row : image.height * side * channels
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { between in
          let floats = cresampling_source(
            samples: UnsafeRawPointer(between.baseAddress), is_bytes: 0)
          if verticalFirst {
            vertical.apply(bytes, row: row, to: between)
            horizontal.apply(floats, columns: row, rows: side, channels: channels, to: target)
          } else {
            horizontal.apply(
              bytes, columns: row, rows: image.height, channels: channels, to: between)
            vertical.apply(floats, row: side * channels, to: target)
          }
        }
      }
    }
  }
}

extension ResamplingWeights {
  fileprivate func apply(
    _ source: cresampling_source, columns: Int, rows: Int, channels: Int,
    to target: UnsafeMutableBufferPointer<Float>
  ) {
    withExactTaps {
      cresampling_horizontal_exact(source, columns, target.baseAddress, rows, channels, $0)
    }
  }

  fileprivate func apply(
    _ source: cresampling_source, row: Int, to target: UnsafeMutableBufferPointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: row) { sums in
      withExactTaps {
        cresampling_vertical_exact(source, row, target.baseAddress, row, sums.baseAddress, $0)
      }
    }
  }
}
