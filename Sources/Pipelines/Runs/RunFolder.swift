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
  init(_ path: String) throws {
    self.path = path
    try AtomicFile.makeDirectory(path)
    lock = try RunLock(directory: path)
    AtomicFile.removeLeftovers(in: path)
    for folder in ["checkpoints", "samples", "reconstructions"] {
      AtomicFile.removeLeftovers(in: "\(path)/\(folder)")
    }
    log = try JSONLinesLog(path: "\(path)/log.jsonl")
  }

  /// - Throws: `InputError` where the folder is no longer the one that the run began in.
  func check() throws { try lock.check() }

  /// Writes what the run was asked for, once it is known to fit what the folder holds.
  func store(_ configuration: ResolvedConfiguration) throws {
    try AtomicFile.write(configuration.yaml, to: "\(path)/configuration.yaml")
  }
}
