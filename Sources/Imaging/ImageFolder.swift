import Diagnostics
import Foundation

/// An ImageNet-style tree: every folder directly in `root` is a class, and every image
/// anywhere below it belongs to that class.
///
/// Images are the files named `.jpg`, `.jpeg` or `.png` in any case. Names that begin
/// with a dot are passed over; symbolic links are followed. A class folder without
/// images remains a class. The order is that of the names' bytes: classes first, then the
/// paths within each.
public struct ImageFolder: Sendable {
  /// How classes are numbered.
  public enum LabelPolicy: String, Sendable, CaseIterable {
    /// Every class folder is one of ImageNet's 1000 WordNet ids: labels are those of the
    /// full set, 0...999, also when only some classes are there.
    case imageNetWNID
    /// Sorted folder order, 0, 1, ...
    case folderOrder
    /// No classes: every label is 0 and means nothing.
    case none
  }

  public struct Image: Sendable, Equatable {
    /// The path below the root, such as `n01440764/n01440764_18.JPEG`.
    public let relativePath: String
    public let label: Int
  }

  public let root: String
  public let labelPolicy: LabelPolicy
  /// The name of each label: 1000 WordNet ids or the sorted folders; none without classes.
  public let classNames: [String]
  public let images: [Image]
  /// Class folders that hold no image.
  public let emptyClasses: [String]
  /// Images directly in the root: they have no class and are left out.
  public let unclassified: [String]

  /// Scans the tree.
  /// - Parameter allowingFlat: whether a folder whose images all lie directly in it will do,
  ///   as one without classes.
  /// - Throws: `InputError` when the root is no readable folder, has no class folders, or
  ///   no image is found in them.
  public init(scanning root: String, allowingFlat: Bool = false) throws {
    self.root = root
    let top = try FolderListing(root)
    let loose = top.files.filter(ImageFolder.isImage)
    if allowingFlat {
      let isTree = try top.folders.contains {
        try !ImageFolder.imagePaths(below: $0, in: root, depth: 1).isEmpty
      }
      if !isTree {
        guard !loose.isEmpty else {
          throw InputError(
            root, expected: "images named .jpg, .jpeg or .png, in it or in class folders",
            found: "none in \(top.files.count) files and \(top.folders.count) folders")
        }
        (labelPolicy, classNames, emptyClasses, unclassified) = (.none, [], [], [])
        images = loose.map { Image(relativePath: $0, label: 0) }
        return
      }
    }
    unclassified = loose
    guard !top.folders.isEmpty else {
      let found =
        unclassified.isEmpty ? "no folder in it" : "\(unclassified.count) images and no folder"
      throw InputError(
        root, expected: "a folder for each class with images in it", found: found,
        remedy: "give the folder above the class folders")
    }
    let isImageNet = top.folders.allSatisfy { ImageNetWNIDs.labels[$0] != nil }
    labelPolicy = isImageNet ? .imageNetWNID : .folderOrder
    classNames = isImageNet ? ImageNetWNIDs.all : top.folders
    var images: [Image] = []
    var emptyClasses: [String] = []
    for (order, folder) in top.folders.enumerated() {
      let label = isImageNet ? ImageNetWNIDs.labels[folder] ?? order : order
      let paths = try ImageFolder.imagePaths(below: folder, in: root, depth: 1)
      if paths.isEmpty { emptyClasses.append(folder) }
      images += paths.map { Image(relativePath: $0, label: label) }
    }
    guard !images.isEmpty else {
      throw InputError(
        root, expected: "images named .jpg, .jpeg or .png in its class folders",
        found: "none in \(top.folders.count) folders")
    }
    self.images = images
    self.emptyClasses = emptyClasses
  }

  /// The path of image `index`, root included.
  public func path(_ index: Int) -> String { "\(root)/\(images[index].relativePath)" }

  private static func imagePaths(
    below folder: String, in root: String, depth: Int
  ) throws -> [String] {
    guard depth <= 32 else {
      throw InputError(
        "\(root)/\(folder)", expected: "folders at most 32 deep", found: "deeper ones",
        remedy: "look for a symbolic link that points to a folder above it")
    }
    let listing = try FolderListing("\(root)/\(folder)")
    var paths = listing.files.filter(isImage).map { "\(folder)/\($0)" }
    for inner in listing.folders {
      paths += try imagePaths(below: "\(folder)/\(inner)", in: root, depth: depth + 1)
    }
    return depth == 1 ? paths.sorted(by: FolderListing.precedes) : paths
  }

  private static func isImage(_ name: String) -> Bool {
    let lower = name.suffix(5).lowercased()
    return lower.hasSuffix(".jpg") || lower.hasSuffix(".png") || lower == ".jpeg"
  }
}

/// The names in one folder, sorted by their bytes, without those that begin with a dot.
private struct FolderListing {
  private(set) var files: [String] = []
  private(set) var folders: [String] = []

  init(_ path: String) throws {
    guard let stream = opendir(path) else {
      throw InputError(
        path, expected: "a readable folder", found: String(cString: strerror(errno)))
    }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(".") { continue }
      if FolderListing.isFolder(Int(entry.pointee.d_type), "\(path)/\(name)") {
        folders.append(name)
      } else {
        files.append(name)
      }
    }
    files.sort(by: FolderListing.precedes)
    folders.sort(by: FolderListing.precedes)
  }

  static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// `type` spares a look at the file except for links and file systems that do not tell.
  private static func isFolder(_ type: Int, _ path: String) -> Bool {
    if type != Int(DT_LNK) && type != Int(DT_UNKNOWN) { return type == Int(DT_DIR) }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
