import ArgumentParser
import ModelFiles
import Pipelines

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Says what a file of weights, arrays or latents is, what is in it and what takes it.",
    discussion: """
      Reads PyTorch files (new, legacy, TorchScript), safetensors, npz, npy, folders of \
      diffusers and latents. Nothing in a file is ever run. docs/weights.md lists the files \
      that users have.
      """)

  @Argument(help: "The file, or a folder of diffusers.", completion: .file())
  var file: String

  @OptionGroup var weights: WeightFlag

  @Flag(help: "Leaves out the list of tensors.")
  var summary = false

  @Flag(help: "Adds SHA-256 of the file and of every tensor's row-major little-endian bytes.")
  var hash = false

  @Flag(help: "Prints everything as JSON.")
  var json = false

  func run() throws {
    var inspect = Inspect(path: file)
    (inspect.choice, inspect.hashes) = (weights.choice, hash)
    let report = try inspect.report()
    if json {
      Terminal.observer(.note(try report.json()))
    } else {
      report.show(isBrief: summary, to: Terminal.observer)
    }
  }
}
