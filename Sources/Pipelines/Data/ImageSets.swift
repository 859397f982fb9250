import Foundation
import Imaging
import Machine
import Solids

extension ImageSetOptions {
  /// The folder of images; renders it first where it is missing and the
  /// configuration says how.
  /// - Throws: `InputError` where there is nothing to read and nothing to render.
  func folder(_ observe: @escaping PipelineObserver) throws -> ImageFolder {
    try render?.renderIfMissing(images, workers: workers ?? Threads.count, observe)
    let folder = try ImageFolder(scanning: images)
    let policy =
      folder.labelPolicy == .imageNetWNID
      ? "ImageNet WNIDs mapped to classes 0…999" : "classes in the order of folder names"
    observe(
      .note(
        "\(images): \(folder.images.count) images, \(policy), "
          + "\(Set(folder.images.map(\.label)).count) classes with images"))
    for name in folder.emptyClasses.prefix(5) {
      observe(.warning("\(images)/\(name): no images in this class folder"))
    }
    if !folder.unclassified.isEmpty {
      observe(
        .warning(
          "\(images): \(folder.unclassified.count) images lie outside class folders and are "
            + "left out (\(folder.unclassified.prefix(3).joined(separator: ", ")))"))
    }
    return folder
  }

  func loader(_ folder: ImageFolder) -> ImageLoader {
    var loader = ImageLoader(folder, size: size, workers: workers ?? Threads.count)
    loader.strict = strict
    loader.maxBroken = maxBroken
    return loader
  }
}

extension RenderedSetOptions {
  /// Sides of an image that can be rendered, in pixels.
  public static var sizes: ClosedRange<Int> { SolidRenderer.sizes }

  /// Renders the set into a folder that is missing or was begun.
  func renderIfMissing(
    _ folder: String, workers: Int, _ observe: @escaping PipelineObserver
  ) throws {
    let parameters = try parameters()
    // A folder begun by a killed run is continued; one that is no rendered set is left alone.
    guard SolidDataset.canBegin(in: folder) else { return }
    observe(.note("\(folder) is missing: rendering \(parameters)"))
    try SolidDataset.renderJPEGs(parameters, to: folder, workers: workers, observe: observe)
  }

  /// - Parameter classes: nil for all.
  public func parameters(classes: [SolidClass]? = nil) throws -> SolidDataset.Parameters {
    try SolidDataset.Parameters(
      classes: classes ?? SolidClass.allCases, perClass: perClass, size: size, seed: seed,
      quality: quality)
  }
}

extension SolidDataset {
  /// Renders a set as JPEG files and reports progress.
  /// - Throws: ``Stopped`` where the user asked for it.
  static func renderJPEGs(
    _ parameters: Parameters, to folder: String, workers: Int,
    observe: @escaping PipelineObserver
  ) throws {
    let quality = parameters.quality
    try render(parameters, to: folder, workers: workers) { pixels, width, height in
      try ImageEncoder.jpeg(
        RGBImage(width: width, height: height, pixels: pixels), quality: quality)
    } observe: { progress in
      if StopRequest.isSet {
        throw Stopped(
          "stopped after \(progress.done) of \(progress.total) images: repeat the command")
      }
      observe(
        .progress(
          stage: "render", done: progress.done, total: progress.total, detail: "images"))
    }
  }
}
