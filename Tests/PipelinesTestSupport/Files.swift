import Foundation

/// The bytes of every file below `folder`, by path inside it; texts with the folder's own
/// path left out, so that equal runs in two folders give equal contents.
public func contents(of folder: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)") else { continue }
    let isText = path.hasSuffix(".json") || path.hasSuffix(".yaml")
    files[path] =
      isText
      ? Data(String(decoding: data, as: UTF8.self).replacing(folder, with: "<folder>").utf8) : data
  }
  return files
}
