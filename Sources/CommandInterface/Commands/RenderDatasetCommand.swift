import ArgumentParser
import Pipelines

struct RenderDatasetCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "render-dataset",
    abstract: "Renders JPEGs of ray-marched solids, a folder per class.",
    discussion: """
      Image k of a class depends on the seed, the class and k alone. Repeating an interrupted \
      command goes on where it stopped.
      """)

  @Option(help: "The folder to fill.", completion: .directory)
  var output: String

  @Option(help: "Images of each class.")
  var perClass = 1500

  @Option(help: "Sides of the images in pixels.")
  var size = 64

  @Option(help: "Other seeds give other images.")
  var seed: UInt64 = 0

  @Option(help: "JPEG quality, 1 to 100.")
  var quality = 95

  @Option(help: "Threads that render (as many as compute).")
  var workers: Int?

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "Some of the ten classes, as in cube,torus; all without it.", valueName: "names"))
  var classes: String?

  func validate() throws {
    if let workers, !(1...256).contains(workers) {
      throw ValidationError("--workers: expected 1 to 256, found \(workers)")
    }
    let sizes = RenderedSetOptions.sizes
    guard sizes.contains(size) else {
      throw ValidationError(
        "--size: expected \(sizes.lowerBound) to \(sizes.upperBound) pixels, found \(size)")
    }
  }

  func run() throws {
    var options = RenderedSetOptions()
    (options.perClass, options.size, options.seed, options.quality) = (
      perClass, size, seed, quality
    )
    try RenderDataset(
      options, classes: classes?.split(separator: ",").map(String.init), workers: workers,
      output: output, observe: Terminal.observer
    ).run()
  }
}
