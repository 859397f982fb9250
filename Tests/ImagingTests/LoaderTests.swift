import Diagnostics
import Imaging
import Testing

@Suite struct LoaderTests {
  /// All photographs, the six broken ones among them.
  static func loader(maxBroken: Double = 0.3, workers: Int = 2) throws -> ImageLoader {
    var loader = ImageLoader(
      try ImageFolder(scanning: Fixtures.path("images")), size: 32, workers: workers)
    loader.maxBroken = maxBroken
    return loader
  }

  static func all(_ stream: ImageStream) throws -> [(index: Int, image: RGBImage)] {
    var images: [(index: Int, image: RGBImage)] = []
    while let next = try stream.next() { images.append(next) }
    return images
  }

  @Test(arguments: [1, 2, 5])
  func brokenImagesAreReportedAndSkippedInOrder(workers: Int) throws {
    let loader = try LoaderTests.loader(workers: workers)
    var reported: [InputError] = []
    let stream = loader.stream(0..<30) { reported.append($0) }
    let images = try LoaderTests.all(stream)
    #expect(images.map(\.index) == Array(6..<30))
    #expect(stream.broken.count == 6 && stream.broken.examined == 30)
    #expect(stream.broken.examples.count == BrokenImages.maximumExamples)
    #expect(reported.count == 6)
    #expect(reported.first?.description.contains("broken/empty.JPEG") == true)
    let (index, image) = try #require(images.last)
    let alone = try ImageDecoder.decode(path: loader.folder.path(index))
    #expect(image == CenterCrop.apply(alone, size: 32))
  }

  @Test func anyRangeCanBeStreamed() throws {
    let loader = try LoaderTests.loader()
    #expect(try LoaderTests.all(loader.stream(10..<13)).map(\.index) == [10, 11, 12])
    #expect(try LoaderTests.all(loader.stream(4..<4)).isEmpty)
  }

  @Test func strictStopsAtTheFirstBrokenImage() throws {
    var loader = try LoaderTests.loader()
    loader.strict = true
    let error = try #require(throws: InputError.self) {
      try LoaderTests.all(loader.stream(0..<30))
    }
    #expect(error.description.contains("broken/empty.JPEG"))
  }

  @Test func tooManyBrokenImagesAreAnErrorAtTheEnd() throws {
    let loader = try LoaderTests.loader(maxBroken: 0.19)
    let stream = loader.stream(0..<30)
    var delivered = 0
    let error = try #require(throws: InputError.self) {
      while try stream.next() != nil { delivered += 1 }
    }
    #expect(delivered == 24)
    #expect(error.description.contains("6 of 30 (20.0 %)"))
    #expect(error.description.contains("empty.JPEG"))
  }

  @Test func aResumedRunContinuesTheAccount() throws {
    let loader = try LoaderTests.loader(maxBroken: 0.19)
    let rest = loader.stream(10..<30, broken: BrokenImages(examined: 10, count: 6))
    #expect(throws: InputError.self) { try LoaderTests.all(rest) }
    #expect(rest.broken.examined == 30 && rest.broken.count == 6)
  }

  @Test func aStreamCanBeLeftEarly() throws {
    let loader = try LoaderTests.loader()
    for _ in 0..<20 {
      let stream = loader.stream(6..<30)
      #expect(try stream.next()?.index == 6)
    }
  }
}
