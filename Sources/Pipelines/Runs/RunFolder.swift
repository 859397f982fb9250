import Configuration
import Diagnostics
import Files
import Foundation

/// A run's folder: locked by one process, with the resolved configuration and the log inside.
final class RunFolder {
  let path: String
  let log: JSONLinesLog
  private let lock: RunLock

  /// - Throws: `InputError` where another process works in the folder.
  init(_ path: String, configuration: some ConfigurationSchema) throws {
    self.path = path
    try AtomicFile.makeDirectory(path)
    lock = try RunLock(directory: path)
    AtomicFile.removeLeftovers(in: path)
    try AtomicFile.write(
      try ResolvedConfiguration(configuration).yaml, to: "\(path)/configuration.yaml")
    log = try JSONLinesLog(path: "\(path)/log.jsonl")
  }
}
