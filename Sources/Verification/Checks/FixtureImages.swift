import Diagnostics
import Foundation

/// The photographs that a fixture speaks of, by the names of its cases.
struct FixtureImages {
  private let root: URL

  /// - Parameter folder: relative to the folder of the fixture.
  init(_ folder: String, besideFixture path: String) throws {
    root =
      URL(
        fileURLWithPath: folder, isDirectory: true,
        relativeTo: URL(fileURLWithPath: path).deletingLastPathComponent()
      ).standardizedFileURL
    guard Self.isFolder(root) else {
      throw InputError(
        "\(path): metadata 'config', config.images_dir '\(folder)'", expected: "a folder",
        found: "none at \(root.path)")
    }
  }

  /// `<folder>_<number>` is `<folder>/<folder>_<number>.JPEG`; any other layout is searched,
  /// one folder deep, then the folders beside.
  func path(of name: String) throws -> String {
    guard !name.contains("/"), !name.isEmpty else {
      throw InputError("image '\(name)'", expected: "a file name", found: "a path")
    }
    if let end = name.lastIndex(of: "_") {
      let path = root.appendingPathComponent("\(name[..<end])/\(name).JPEG").path
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    let inside = [root] + Self.entries(root).filter(Self.isFolder)
    let beside = Self.entries(root.deletingLastPathComponent()).filter(Self.isFolder)
    for folders in [inside, beside] {
      let found = folders.flatMap(Self.entries).filter {
        $0.deletingPathExtension().lastPathComponent == name && !Self.isFolder($0)
      }
      if found.count > 1 {
        throw InputError(
          "image '\(name)'", expected: "one file of that name",
          found: found.map(\.path).joined(separator: ", "))
      }
      if let file = found.first { return file.path }
    }
    throw InputError(
      "image '\(name)'", expected: "a file of that name below \(root.path) or beside it",
      found: "none")
  }

  /// A folder beside that of the images, if there is one.
  func sibling(_ name: String) -> String? {
    let url = root.deletingLastPathComponent().appendingPathComponent(name, isDirectory: true)
    return Self.isFolder(url) ? url.path : nil
  }

  private static func entries(_ folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appendingPathComponent($0) }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
