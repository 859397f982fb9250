import ArgumentParser
import Diagnostics
import Files
import Foundation
import Pipelines
import Storage

/// Runs a command and ends the process with the exit code its outcome stands for.
public enum Launcher {
  public static func main(_ command: (any ParsableCommand.Type)) -> Never {
    // A child of ours that only looks into an unknown HDF5 file goes no further.
    HDF5Probe.serveIfAsked()
    // The log survives `| head`: a closed pipe is an error to handle, not a signal to die of.
    signal(SIGPIPE, SIG_IGN)
    // So does a run whose file outgrows the limit (`ulimit -f`): it ends as on a full disk.
    signal(SIGXFSZ, SIG_IGN)
    MappedFile.reportFaults()
    StopRequest.listen()
    do {
      var parsed = try command.parseAsRoot()
      let common = (parsed as? any ComputingCommand)?.common
      Terminal.use(level: common?.level ?? .info)
      Processors.use(threads: common?.threads)
      Terminal.debug(
        "version \(Toolkit.version), process \(getpid()), \(Processors.count) threads: "
          + RepeatedCommand.line(CommandLine.arguments, resuming: false))
      try parsed.run()
      Terminal.debug("done")
      exit(Diagnostics.ExitCode.done.rawValue)
    } catch let error as any ExitCodeProviding {
      let text = "\(error)"
      Terminal.error(text)
      if error.exitCode == .stoppedResumable {
        Terminal.resumption(
          RepeatedCommand.line(CommandLine.arguments, resuming: text.contains("--resume")))
      }
      exit(error.exitCode.rawValue)
    } catch {
      // Help and versions leave through here with 0; wrong usage with argument-parser's 64.
      let code = command.exitCode(for: error)
      let message = command.fullMessage(for: error)
      if code == .success {
        if !message.isEmpty { print(message) }
        exit(Diagnostics.ExitCode.done.rawValue)
      }
      if code == .validationFailure {
        let prefix = "Error: "
        Terminal.error(
          message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
        exit(Diagnostics.ExitCode.badInput.rawValue)
      }
      Terminal.error("internal error: \(error)")
      exit(Diagnostics.ExitCode.internalError.rawValue)
    }
  }
}

/// A command did its work, and the outcome has an exit code of its own.
struct Ending: Error, ExitCodeProviding, CustomStringConvertible {
  let exitCode: Diagnostics.ExitCode
  let description: String
}
