import Diagnostics
import Files
import Foundation
import Imaging
import Machine
import Synchronization

/// The images, or masks, that a task is given: files, and folders with all that is below them.
struct TaskImages: Sendable {
  struct Entry: Sendable, Equatable {
    let path: String
    /// The class folder of a tree, or else the folder that the file lies in.
    let folder: String
  }

  let entries: [Entry]
  /// Of the files, in order.
  let hashes: [String]

  /// Finds all images and looks at each, so that a broken one is found before anything is
  /// computed.
  /// - Throws: `InputError` for a path that is not there, a folder without images, and the first
  ///   image that cannot be read.
  init(_ paths: [String]) throws {
    entries = try paths.flatMap(Self.entries)
    let results = Mutex<[Int: Result<String, any Error>]>([:])
    Threads.forEach(entries.count) { [entries] index in
      let path = entries[index].path
      let result = Result {
        _ = try ImageDecoder.decode(path: path)
        return try FileHash.sha256(ofFile: path)
      }
      results.withLock { $0[index] = result }
    }
    let found = results.withLock { $0 }
    hashes = try entries.indices.map { try found[$0]?.get() ?? "" }
  }

  private static func entries(_ path: String) throws -> [Entry] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(
        path, expected: "an image file or a folder of images", found: "nothing there")
    }
    guard isFolder.boolValue else {
      let parent = URL(fileURLWithPath: path).deletingLastPathComponent().lastPathComponent
      return [Entry(path: path, folder: parent)]
    }
    let folder = try ImageFolder(scanning: path, allowingFlat: true)
    let name = URL(fileURLWithPath: path).lastPathComponent
    return (folder.images.map(\.relativePath) + folder.unclassified).map { image in
      let parts = image.split(separator: "/")
      return Entry(path: "\(path)/\(image)", folder: parts.count > 1 ? String(parts[0]) : name)
    }
  }

  var count: Int { entries.count }

  /// Image `index` as the networks see it: ADM's centre crop, `side` pixels wide.
  func crop(_ index: Int, side: Int) throws -> RGBImage {
    CenterCrop.apply(try ImageDecoder.decode(path: entries[index].path), size: side)
  }
}
