import Dispatch
import Storage
import TensorGraph
import Testing

@testable import Training

/// The next batch is made while the present one is in use.
@Suite struct PrefetcherTests {
  /// Every sample of two batches of three is read, and no other, though one was asked for.
  private func expectOneAhead(
    _ source: any BatchSource, _ inputs: [BatchInput], read: DispatchSemaphore
  )
    throws
  {
    let prefetcher = Prefetcher(source, inputs: inputs, count: 3)
    let batch = try prefetcher.batch(step: 0, isLast: false)
    for _ in 0..<6 { #expect(read.wait(timeout: .now() + 20) == .success) }
    #expect(read.wait(timeout: .now() + 0.05) == .timedOut, "more than one batch ahead")
    #expect(batch.count == 3)
    _ = try prefetcher.batch(step: 1, isLast: true)
    #expect(read.wait(timeout: .now() + 0.05) == .timedOut, "a batch after the last")
  }

  @Test func imagesAreDecodedDuringAStep() throws {
    let read = DispatchSemaphore(value: 0)
    let source = ImageSource(count: 9, side: 2) { _ in
      read.signal()
      return [UInt8](repeating: 0, count: 12)
    }
    try expectOneAhead(
      ImageBatches(source, training: Array(0..<9), seed: 1), [BatchInput("images", [3, 2, 2])],
      read: read)
  }

  @Test func latentsAreReadDuringAStep() throws {
    struct Watched: LatentSource {
      let points = ToyFlow.Points(count: 9)
      let read: DispatchSemaphore
      var count: Int { points.count }
      var sampleShape: Shape { points.sampleShape }
      var scale: Float { points.scale }
      var labels: [Int32] { points.labels }
      func read(
        index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
        logVariance: UnsafeMutableBufferPointer<Float>
      ) throws {
        read.signal()
        try points.read(index: index, flip: flip, mean: mean, logVariance: logVariance)
      }
    }
    let read = DispatchSemaphore(value: 0)
    let source = try LatentBatches(
      Watched(read: read), training: Array(0..<9),
      draws: FlowDraws(RefinerTrainingOptions(), classes: 3), seed: 1)
    try expectOneAhead(source, ToyFlow.offset.inputs, read: read)
  }
}
