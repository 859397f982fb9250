import Diagnostics
import Machine

/// Decodes and centre-crops the images of a folder on several threads, in order and in
/// bounded memory.
///
///     let loader = ImageLoader(folder, size: 256)
///     let stream = loader.stream(resumeAt..<folder.images.count) { log("\($0)") }
///     while let (index, image) = try stream.next() { ... }
///
/// A broken image is reported, skipped and counted. Indices are those of
/// ``ImageFolder/images``, so that batches can be cut at fixed indices and a run can
/// begin at any of them.
public struct ImageLoader: Sendable {
  public let folder: ImageFolder
  /// Side of the square crops in pixels.
  public let size: Int
  /// Threads that decode.
  public var workers: Int
  /// Crops that are made before they are asked for, besides one for each worker: what the
  /// consumer takes at a time, so that the next batch is there when it has done with one.
  public var batch = 1
  /// The first broken image ends the stream with an error.
  public var strict = false
  /// The share of broken images, 0...1, above which the stream's end is an error.
  public var maxBroken = 0.01

  /// - Precondition: `size` is positive.
  public init(_ folder: ImageFolder, size: Int, workers: Int = Threads.count) {
    precondition(size > 0)
    self.folder = folder
    self.size = size
    self.workers = workers
  }

  /// The crops of `range` in order.
  /// - Parameters:
  ///   - broken: the account of the images before the range, for a run that is resumed.
  ///   - report: called with each broken image's error, on the consumer's thread.
  /// - Precondition: `range` lies within the folder's images.
  public func stream(
    _ range: Range<Int>, broken: BrokenImages = BrokenImages(),
    report: @escaping (InputError) -> Void = { _ in }
  ) -> ImageStream {
    precondition(range.lowerBound >= 0 && range.upperBound <= folder.images.count)
    return ImageStream(self, range, broken, report)
  }

  /// Twice the workers at least, which keeps them busy behind one slow image.
  var lookahead: Int { workers + max(workers, batch) }

  /// One crop, or why there is none.
  func load(_ index: Int) -> Result<RGBImage, InputError> {
    do {
      return .success(
        CenterCrop.apply(try ImageDecoder.decode(path: folder.path(index)), size: size))
    } catch let error as InputError {
      return .failure(error)
    } catch {
      return .failure(InputError("\(folder.path(index)): \(error)"))
    }
  }
}

/// A pass over a range of images; see ``ImageLoader``. For one consumer at a time.
public final class ImageStream {
  /// The account so far.
  public private(set) var broken: BrokenImages

  private let loader: ImageLoader
  private let prefetch: OrderedPrefetch<Result<RGBImage, InputError>>
  private let report: (InputError) -> Void

  fileprivate init(
    _ loader: ImageLoader, _ range: Range<Int>, _ broken: BrokenImages,
    _ report: @escaping (InputError) -> Void
  ) {
    self.loader = loader
    self.broken = broken
    self.report = report
    prefetch = OrderedPrefetch(
      range, workers: loader.workers, lookahead: loader.lookahead
    ) { loader.load($0) }
  }

  /// The next whole image and its index; nil after the last.
  /// - Throws: `InputError` for a broken image when the loader is strict, and at the end
  ///   when more than `maxBroken` of the images examined are broken.
  public func next() throws -> (index: Int, image: RGBImage)? {
    while let (index, result) = prefetch.next() {
      switch result {
      case .success(let image):
        broken.note(nil)
        return (index, image)
      case .failure(let error):
        broken.note(error)
        report(error)
        if loader.strict { throw error }
      }
    }
    try broken.check(maximum: loader.maxBroken)
    return nil
  }
}
