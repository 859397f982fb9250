/// Sample indices cut into batches at multiples of the batch size, wherever the range
/// begins or ends: a part is made in the same batches as the whole, so with the same bytes.
struct SampleBatches {
  struct Batch: Equatable {
    /// What the networks run on, always a whole batch.
    let drawn: Range<Int>
    /// What is asked for of it, never empty.
    let kept: Range<Int>

    /// `kept` counted from the batch's start.
    var keptRows: Range<Int> {
      kept.lowerBound - drawn.lowerBound..<kept.upperBound - drawn.lowerBound
    }
  }

  let indices: Range<Int>
  let size: Int

  var count: Int { numbers.count }

  var all: some Sequence<Batch> {
    numbers.lazy.map { [indices, size] number in
      let drawn = number * size..<(number + 1) * size
      return Batch(drawn: drawn, kept: drawn.clamped(to: indices))
    }
  }

  private var numbers: Range<Int> {
    indices.lowerBound / size..<(indices.upperBound + size - 1) / size
  }
}
