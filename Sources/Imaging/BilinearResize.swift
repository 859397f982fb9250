import CResampling

/// Bilinear resizing to floats without antialiasing, as the input of feature networks is made.
struct BilinearResize {
  /// Where an output pixel lies among the source's.
  enum Grid {
    /// Pixels are areas: PyTorch's `interpolate(align_corners=False)`.
    case halfPixel
    /// Pixels are points and the first ones coincide: TensorFlow 1's `resize_bilinear`.
    case legacyTensorFlow
  }

  let grid: Grid
  /// The result is `scale·value + offset`.
  let scale: Float
  let offset: Float

  /// Samples as they lie in memory: strides in samples.
  struct Source {
    let samples: cresampling_source
    /// Of bytes: what they are divided by.
    var divisor: Float = 1
    let width: Int
    let height: Int
    let strides: (row: Int, column: Int, channel: Int)
  }

  /// - Parameter target: `side` rows and columns of three channels.
  func callAsFunction(_ source: Source, side: Int, to target: UnsafeMutablePointer<Float>) {
    let channels = 3
    let rows = pairs(source.height, to: side)
    let columns = pairs(source.width, to: side)
    func spread(_ positions: [Int]) -> [Int] {
      positions.flatMap { position in
        (0..<channels).map { position * source.strides.column + $0 * source.strides.channel }
      }
    }
    withPairs(
      rows.low.map { $0 * source.strides.row }, rows.high.map { $0 * source.strides.row },
      rows.weight
    ) { rows in
      withPairs(
        spread(columns.low), spread(columns.high),
        columns.weight.flatMap { Array(repeating: $0, count: channels) }
      ) { columns in
        let capacity = 2 * columns.length + channels * source.width
        withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { scratch in
          cresampling_bilinear(
            source.samples, source.divisor, rows, columns,
            grid == .halfPixel ? cresampling_by_weights : cresampling_by_difference, scale, offset,
            scratch.baseAddress, target)
        }
      }
    }
  }

  /// The neighbours of each output position and the weight of the second, in single
  /// precision as the references calculate them.
  private func pairs(_ length: Int, to target: Int) -> (low: [Int], high: [Int], weight: [Float]) {
    let step = Float(length) / Float(target)
    let positions = (0..<target).map { i in
      grid == .halfPixel ? max(step * (Float(i) + 0.5) - 0.5, 0) : step * Float(i)
    }
    let low = positions.map { min(Int($0), length - 1) }
    return (
      low, low.map { min($0 + 1, length - 1) },
      zip(positions, low).map { min($0 - Float($1), 1) }
    )
  }

  private func withPairs(
    _ low: [Int], _ high: [Int], _ weight: [Float], _ body: (cresampling_pairs) -> Void
  ) {
    low.withUnsafeBufferPointer { low in
      high.withUnsafeBufferPointer { high in
        weight.withUnsafeBufferPointer { weight in
          body(
            cresampling_pairs(
              low: low.baseAddress, high: high.baseAddress, weight: weight.baseAddress,
              length: low.count))
        }
      }
    }
  }
}
