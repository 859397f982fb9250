import ArgumentParser
import Reports

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Prints the tables of an ablation and writes them as a page, Markdown and CSV.",
    discussion: """
      Also of a sweep that is not done. Writes report.html, one page with everything in it, \
      tables.md, and a CSV file with all columns of each table.
      """)

  @Argument(help: "The results.h5 of a sweep.", completion: .file())
  var results: String

  @Option(
    help: ArgumentHelp(
      "Where the files go (beside the results: results-report of results.h5).", valueName: "dir"))
  var output: String?

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Only these studies.", valueName: "name"))
  var study: [String] = []

  func run() throws {
    let report = try Report(path: results, only: study)
    Terminal.output(report.terminalText(bold: Terminal.outputTakesStyles))
    let page = try report.write(to: output ?? Report.defaultFolder(of: results))
    Terminal.output("\(page)\n")
  }
}
