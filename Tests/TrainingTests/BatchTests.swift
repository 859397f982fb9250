import Diagnostics
import Models
import TensorGraph
import Testing

@testable import Training

@Suite struct BatchTests {
  private func source(
    _ options: RefinerTrainingOptions = RefinerTrainingOptions(), training: [Int]? = nil,
    seed: UInt64 = 7
  ) throws -> LatentBatches {
    try LatentBatches(
      ToyFlow.Points(count: 30), training: training ?? Array(0..<30),
      draws: FlowDraws(options, classes: 3),
      seed: seed)
  }

  private func batch(_ source: LatentBatches, step: Int, count: Int = 4) throws -> Batch {
    let batch = Batch(ToyFlow.offset.inputs, count: count)
    try source.fill(batch, step: step)
    return batch
  }

  private func bytes(_ batch: Batch) -> [String: [UInt8]] {
    batch.tensors.mapValues { Array($0.bytes) }
  }

  @Test func drawsDoNotDependOnHistory() throws {
    let fresh = try batch(source(), step: 9)
    let used = try source()
    for step in [0, 1, 20, 3, 9, 8] { _ = try batch(used, step: step) }
    let again = try batch(used, step: 9)
    #expect(again.indices == fresh.indices)
    #expect(bytes(again) == bytes(fresh))
    #expect(bytes(try batch(used, step: 10)) != bytes(fresh))
    #expect(bytes(try batch(source(seed: 8), step: 9)) != bytes(fresh))
  }

  @Test func rowsBelongToTheSamplesNumber() throws {
    var options = RefinerTrainingOptions()
    options.offset.per = .sample
    let large = try batch(source(options), step: 1, count: 8)
    let small = try batch(source(options), step: 3, count: 4)
    #expect(Array(large.indices[4...]) == small.indices)
    for name in ["x0", "x1", "t", "dt"] {
      let values = try #require(large.tensors[name]).array()
      #expect(Array(values.suffix(values.count / 2)) == small.tensors[name]?.array())
    }
  }

  @Test func everyEpochVisitsEverySampleOnce() throws {
    let source = try source(training: Array(3..<15))
    let drawn = try (0..<6).map { try batch(source, step: $0, count: 4).indices }.flatMap { $0 }
    #expect(drawn.prefix(12).sorted() == Array(3..<15))
    #expect(drawn.suffix(12).sorted() == Array(3..<15))
    #expect(drawn.prefix(12) != drawn.suffix(12))
  }

  @Test func oneOffsetForTheBatchOrForEachSample() throws {
    var options = RefinerTrainingOptions()
    options.offset.lower = 0.01
    let shared = try #require(batch(source(options), step: 2, count: 16).tensors["dt"]).array()
    #expect(Set(shared).count == 1)
    options.offset.per = .sample
    options.offset.distribution = .logUniform
    let own = try #require(batch(source(options), step: 2, count: 16).tensors["dt"]).array()
    #expect(Set(own).count > 10)
    #expect((shared + own).allSatisfy { $0 >= 0.01 && $0 <= 0.12 })
  }

  @Test func labelsAreDroppedToTheNullLabelAtTheirShare() throws {
    var options = RefinerTrainingOptions()
    options.labelDropout = 0.25
    let batch = try batch(source(options), step: 0, count: 2000)
    let labels = try #require(batch.tensors["labels"]).integers
    let dropped = try #require(batch.tensors["dropped_labels"]).integers
    var count = 0
    for row in 0..<2000 {
      #expect(labels[row] == Int32(batch.indices[row] % 3))
      #expect(dropped[row] == labels[row] || dropped[row] == 3)
      if dropped[row] == 3 { count += 1 }
    }
    #expect(abs(count - 500) < 80)
  }

  @Test func latentsAreSamplesOfThePosteriorOfEitherFlip() throws {
    let batch = try batch(source(), step: 0, count: 2000)
    let x1 = try #require(batch.tensors["x1"]).floats
    var (sum, squares, flips, flippable) = (0.0, 0.0, 0, 0)
    for row in 0..<2000 {
      let index = batch.indices[row]
      // Second coordinate: mean `index`, deviation exp(−2), times the scale 0.5.
      let noise = (Double(x1[2 * row + 1]) / 0.5 - Double(index)) / 0.1353352832
      sum += noise
      squares += noise * noise
      if index % 3 == 2 {
        flippable += 1
        if x1[2 * row] < 0 { flips += 1 }
      }
    }
    #expect(abs(sum / 2000) < 0.1)
    #expect(abs(squares / 2000 - 1) < 0.15)
    #expect(abs(flips * 2 - flippable) < flippable / 4)
  }

  @Test func timesFollowTheirDistribution() throws {
    var options = RefinerTrainingOptions()
    let uniform = try #require(batch(source(options), step: 0, count: 2000).tensors["t"]).array()
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniform.count { $0 < 0.25 } - 500) < 80)
    options.time = .logitNormal(mean: 1, std: 0.5)
    let normal = try #require(batch(source(options), step: 0, count: 2000).tensors["t"]).array()
    // The median of a logit-normal is the sigmoid of its mean.
    #expect(abs(normal.count { $0 < 0.7310586 } - 1000) < 90)
    #expect(abs(normal.count { $0 < 0.5 } - 46) < 30)
  }

  @Test func labelsThatAreNoClassAreRefused() {
    struct Wrong: LatentSource {
      let count = 2
      let sampleShape: Shape = [2]
      let scale: Float = 1
      let labels: [Int32] = [0, 3]
      func read(
        index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
        logVariance: UnsafeMutableBufferPointer<Float>
      ) {}
    }
    let draws = FlowDraws(PredictorTrainingOptions(), classes: 3)
    #expect(throws: InputError.self) {
      try LatentBatches(Wrong(), training: [0], draws: draws, seed: 0)
    }
    #expect(throws: InputError.self) {
      try LatentBatches(ToyFlow.Points(count: 2), training: [], draws: draws, seed: 0)
    }
  }
}

@Suite struct DataSplitTests {
  @Test func partsAreDisjointAndWhole() throws {
    let split = try DataSplit(count: 100, heldOut: 13, seed: 3)
    #expect(split.heldOut.count == 13)
    #expect((split.heldOut + split.training).sorted() == Array(0..<100))
    #expect(try DataSplit(count: 100, heldOut: 13, seed: 3) == split)
    #expect(try DataSplit(count: 100, heldOut: 13, seed: 4) != split)
  }

  @Test func nothingLeftToTrainOnIsAnError() throws {
    #expect(throws: InputError.self) { try DataSplit(count: 10, heldOut: 10, seed: 0) }
    #expect(throws: InputError.self) { try DataSplit(count: 10, heldOut: -1, seed: 0) }
    #expect(try DataSplit(count: 10, heldOut: 0, seed: 0).training == Array(0..<10))
  }

  @Test func heldOutSamplesAreNeverTrainedOn() throws {
    let split = try DataSplit(count: 30, heldOut: 10, seed: 3)
    let draws = FlowDraws(PredictorTrainingOptions(), classes: 3)
    let source = try LatentBatches(
      ToyFlow.Points(count: 30), training: split.training, draws: draws, seed: 3)
    let batch = Batch(ToyFlow.flow.inputs, count: 7)
    for step in 0..<20 {
      try source.fill(batch, step: step)
      #expect(Set(batch.indices).isDisjoint(with: split.heldOut))
    }
  }
}

@Suite struct ImageBatchTests {
  /// 2 × 2 images whose red counts pixels up from 10·index.
  private let images = ImageSource(count: 4, side: 2) { index in
    (0..<4).flatMap { [UInt8(10 * index + $0), 0, 255] }
  }
  private let inputs = [BatchInput("images", [3, 2, 2]), BatchInput("noise", [1, 1, 1])]

  @Test func planesAreScaledAndHalfAreMirrored() throws {
    let source = try ImageBatches(images, training: [1, 3], seed: 2)
    let batch = Batch(inputs, count: 200)
    try source.fill(batch, step: 0)
    var flips = 0
    for row in 0..<200 {
      let pixels = try #require(batch.floats("images", row: row))
      let first = Float(10 * batch.indices[row])
      let isFlipped = pixels[0] > pixels[1]
      if isFlipped { flips += 1 }
      let red = isFlipped ? [1, 0, 3, 2] : [0, 1, 2, 3]
      for (index, offset) in red.enumerated() {
        #expect(pixels[index] == (first + Float(offset)) / 127.5 - 1)
      }
      #expect(pixels[4..<8].allSatisfy { $0 == -1 })
      #expect(pixels[8..<12].allSatisfy { $0 == 1 })
    }
    #expect(abs(flips - 100) < 30)
    #expect(Set(batch.indices) == [1, 3])
  }

  @Test func classesGoWithTheirImages() throws {
    let labelled = ImageSource(count: 4, side: 2, labels: [3, 0, 2, 1], pixels: images.pixels)
    let inputs = [BatchInput("images", [3, 2, 2]), BatchInput("classes")]
    let batch = Batch(inputs, count: 12)
    try ImageBatches(labelled, training: Array(0..<4), seed: 2).fill(batch, step: 1)
    let classes = try #require(batch.tensors["classes"]).array()
    #expect(classes == batch.indices.map { [3, 0, 2, 1][$0] })
    #expect(Set(classes) == [0, 1, 2, 3])

    let heldOut = HeldOutImages(labelled, heldOut: [2, 0], seed: 2)
    for (row, index) in [(0, 1), (1, 0)] { _ = try heldOut.fill(batch, row: row, index: index) }
    #expect(batch.tensors["classes"]?.array().prefix(2) == [3, 2])
  }

  @Test func heldOutImagesAreTheSameEachTime() throws {
    let source = HeldOutImages(images, heldOut: [2, 0], seed: 2)
    let (one, two) = (Batch(inputs, count: 1), Batch(inputs, count: 1))
    #expect(try source.fill(one, row: 0, index: 1) == 0)
    _ = try source.fill(two, row: 0, index: 0)
    _ = try source.fill(two, row: 0, index: 1)
    #expect(one.tensors["images"]?.array() == two.tensors["images"]?.array())
    #expect(one.tensors["noise"]?.array() == two.tensors["noise"]?.array())
    #expect(two.indices == [0])
  }

  @Test func wrongSizesAreRefused() throws {
    let wrong = ImageSource(count: 1, side: 3) { _ in [UInt8](repeating: 0, count: 12) }
    let source = try ImageBatches(wrong, training: [0], seed: 0)
    #expect(throws: InputError.self) { try source.fill(Batch(inputs, count: 1), step: 0) }
  }
}
