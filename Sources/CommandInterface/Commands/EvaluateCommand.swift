import ArgumentParser
import Configuration
import Pipelines

struct EvaluateCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures how far samples are from a reference: FID and its relatives.",
    discussion: """
      A set is a folder of images (flat, or one folder per class), the folder of a sampling run, \
      an npz of images (arr_0) or of statistics (mu, sigma), or a file of features (.h5). \
      Features are kept in a cache; a run that was stopped or killed goes on when the command is \
      repeated. Everything is given by a configuration, by flags, or by both; flags win.

      FID's numbers, as ADM's evaluator computes them:
        flowturbo evaluate --reference VIRTUAL_imagenet256_labeled.npz --samples runs/samples \
      --weights pt_inception-2015-12-05-6726825d.pth --output results.h5

      Statistics of a reference, to keep instead of its images:
        flowturbo evaluate --samples ImageNet/val --save-statistics val.npz \
      --weights pt_inception-2015-12-05-6726825d.pth --protocol pytorch-fid

      Rendered solids, without Inception, with an interval around fid[solids-features]:
        flowturbo evaluate --reference runs/real --samples runs/samples --bootstrap 200 \
      --weights data/quickstart/features.safetensors
      """)

  @OptionGroup var source: OptionalConfiguration

  @Option(help: ArgumentHelp("What the samples are compared with.", valueName: "set"))
  var reference: String?

  @Option(help: ArgumentHelp("What is evaluated.", valueName: "set"))
  var samples: String?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "adm, pytorch-fid, clean-fid, flowturbo or features (adm, or what the weights ask for).",
      valueName: "name"))
  var evaluationProtocol: String?

  @Option(help: ArgumentHelp("The feature network's weights.", valueName: "file"))
  var weights: String?

  @Option(
    help: ArgumentHelp(
      "Some of fid, sfid, is, precision, recall, density, coverage, kid, joined by commas.",
      valueName: "names"))
  var metrics: String?

  @Option(help: ArgumentHelp("An HDF5 file for the results.", valueName: "file"))
  var output: String?

  @Flag(help: "Prints the results as JSON on standard output; all else goes to standard error.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Writes the samples' mean and covariance for pytorch-fid and ADM's script.",
      valueName: "file.npz"))
  var saveStatistics: String?

  @Option(help: ArgumentHelp("The folder of computed features.", valueName: "dir"))
  var cache: String?

  @Option(help: ArgumentHelp("Images per batch (16).", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("Threads that decode (as many as compute).", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("Of the bootstrap (0).", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "FID, precision and recall of each class, too.")
  var perClass = false

  @Option(help: ArgumentHelp("Resamples for confidence intervals (0).", valueName: "n"))
  var bootstrap: Int?

  @Flag(help: "The first broken image is an error.")
  var strict = false

  @Option(help: ArgumentHelp("The share of broken images to bear (0.01).", valueName: "share"))
  var maxBroken: Double?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard source.config != nil || samples != nil else {
      throw ValidationError("Give --config, or --samples and --reference.")
    }
  }

  func run() throws {
    func text(_ value: String?) -> ConfigurationFlag? { value.map { .text($0) } }
    func number(_ value: (some CustomStringConvertible)?) -> ConfigurationFlag? {
      value.map { .number("\($0)") }
    }
    let names = metrics.map { list in
      ConfigurationFlag.number(
        "["
          + list.split(separator: ",").map { ConfigurationFlag.text(String($0)).yaml }
          .joined(separator: ", ") + "]")
    }
    let flags: [(String, ConfigurationFlag?)] = [
      ("output", text(output)), ("seed", number(seed)),
      ("evaluate.reference", text(reference)), ("evaluate.samples", text(samples)),
      ("evaluate.protocol", text(evaluationProtocol)), ("evaluate.weights", text(weights)),
      ("evaluate.metrics", names), ("evaluate.perClass", perClass ? .number("true") : nil),
      ("evaluate.bootstrap", number(bootstrap)), ("evaluate.cache", text(cache)),
      ("evaluate.saveStatistics", text(saveStatistics)), ("evaluate.batch", number(batch)),
      ("evaluate.workers", number(workers)), ("evaluate.strict", strict ? .number("true") : nil),
      ("evaluate.maxBroken", number(maxBroken)),
    ]
    let configuration = try source.decode(EvaluateConfiguration.self, flags: flags)
    let report = try Evaluate(
      configuration, observe: json ? Terminal.observerBesideOutput : Terminal.observer
    ).run()
    if json { Terminal.output(try report.json()) }
  }
}
