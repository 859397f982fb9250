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
    MappedFile.reportFaults()
    StopRequest.listen()
    do {
      var parsed = try command.parseAsRoot()
      Processors.use(threads: (parsed as? any ComputingCommand)?.threading.threads)
      try parsed.run()
      exit(Diagnostics.ExitCode.done.rawValue)
    } catch let error as any ExitCodeProviding {
      Terminal.error("\(error)")
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
