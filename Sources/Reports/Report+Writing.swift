import Files
import Foundation

extension Report {
  /// Writes the report's files into a folder, each whole or not at all; what else is there stays.
  /// - Returns: the path of the page.
  /// - Throws: `InputError` where the folder or a file cannot be written.
  @discardableResult
  public func write(to folder: String) throws -> String {
    let files = try files()
    try AtomicFile.makeDirectory(folder)
    for file in files {
      try AtomicFile.write(file.content, to: (folder as NSString).appendingPathComponent(file.name))
    }
    return (folder as NSString).appendingPathComponent("report.html")
  }
}
