import Checkpoints
import Diagnostics
import Files
import Foundation
import Imaging
import Storage

/// What a reference or a set of samples turns out to be.
struct EvaluationInput {
  /// As it was given.
  let path: String
  /// Images, with or without statistics of the same set; nil where there are none.
  private(set) var images: (any ImageSequence)?
  private(set) var labels: SetLabels?
  private(set) var statistics: StoredStatistics?
  private(set) var features: FeaturesFile?
  private(set) var manifest: SampleManifest?
  /// What deserves the user's attention.
  private(set) var warnings: [String] = []

  /// - Throws: `InputError` where there is nothing that can be evaluated.
  init(_ path: String) throws {
    self.path = path
    let found = SamplingProvenance.manifest(of: path)
    manifest = found?.manifest
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(path, expected: Self.kinds, found: "nothing")
    }
    if isFolder.boolValue {
      try openFolder(isRun: found?.folder == (path as NSString).standardizingPath)
    } else {
      try openFile()
    }
    if let manifest, !manifest.complete {
      warnings.append("\(path): the sampling run that made it has not ended")
    }
  }

  /// Images that are there already.
  /// - Parameter name: what results call them.
  init(_ images: any ImageSequence, called name: String, labels: SetLabels?) {
    path = name
    self.images = images
    self.labels = labels
  }

  private static let kinds =
    "a folder of images, an npz of images or statistics, or a file of features"

  private mutating func openFolder(isRun: Bool) throws {
    guard isRun else { return try openImages(path) }
    let (pictures, npz) = ("\(path)/images", "\(path)/samples.npz")
    if FileManager.default.fileExists(atPath: pictures) {
      try openImages(pictures)
    } else if FileManager.default.fileExists(atPath: npz) {
      try openArchive(npz)
    } else {
      throw InputError(
        path, expected: "images or samples.npz of a sampling run", found: "neither",
        remedy: "sample with write.png or write.npz")
    }
  }

  private mutating func openImages(_ root: String) throws {
    let folder = try ImageFolder(scanning: root, allowingFlat: true)
    images = FolderImages(folder: folder)
    labels = SetLabels(folder)
    if let manifest, labels == nil {
      let indices = folder.images.compactMap { SamplingProvenance.index(ofFile: $0.relativePath) }
      if indices.count == folder.images.count {
        labels = SetLabels(manifest, indices: indices)
      }
      if let asked = manifest.range?.count, asked != folder.images.count {
        warnings.append("\(root): \(folder.images.count) images, but \(asked) were sampled")
      }
    }
    if !folder.unclassified.isEmpty {
      warnings.append(
        "\(root): \(folder.unclassified.count) images lie outside class folders and are left out "
          + "(\(folder.unclassified.prefix(3).joined(separator: ", ")))")
    }
    for name in folder.emptyClasses.prefix(5) {
      warnings.append("\(root)/\(name): no images in this class folder")
    }
  }

  private mutating func openFile() throws {
    let file = try ReadOnlyFile(path)
    let start = try file.bytes(0..<min(file.size, 32))
    let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46]
    if start.starts(with: "FLOWTURBO-FEATURES ".utf8) || start.starts(with: hdf5)
      || path.hasSuffix(".h5") || path.hasSuffix(".hdf5")
    {
      return try openFeatures()
    }
    if ImageFormat(signature: start) != nil {
      throw InputError(
        path, expected: Self.kinds, found: "one image", remedy: "name the folder that it lies in")
    }
    guard start.starts(with: "PK".utf8) else {
      throw InputError(path, expected: Self.kinds, found: "a file of another kind")
    }
    try openArchive(path)
  }

  private mutating func openFeatures() throws {
    let file = try FeaturesFile(path: path)
    features = file
    if let values = try file.labels() {
      labels = SetLabels(
        policy: file.description.labelPolicy, values: values, names: file.description.classNames)
    }
  }

  private mutating func openArchive(_ path: String) throws {
    let file = try NPZFile(path: path)
    if StoredStatistics.isIn(file) { statistics = try StoredStatistics(file) }
    if file.contains(NPZImages.arrayName) {
      let archive = try NPZImages(file)
      images = archive
      labels = try labels(of: file, count: archive.count)
    }
    guard images != nil || statistics != nil else {
      throw InputError(
        path, expected: "arrays arr_0 (images), or mu and sigma (statistics)",
        found: file.names.isEmpty ? "no arrays" : file.names.prefix(6).joined(separator: ", "))
    }
  }

  private mutating func labels(of file: NPZFile, count: Int) throws -> SetLabels? {
    guard let info = file.tensor(named: "arr_1") else {
      return manifest.flatMap { manifest in
        guard let range = manifest.range, range.count == count else { return nil }
        return SetLabels(manifest, indices: Array(range))
      }
    }
    guard info.shape == [count], !info.type.isFloatingPoint else {
      warnings.append(
        "\(file.path): arr_1 holds no labels: \(info.type.rawValue) \(info.shape) for \(count) "
          + "images")
      return nil
    }
    return try SetLabels(array: file.integers("arr_1"), named: "\(file.path): array 'arr_1'")
  }
}

extension SampleManifest {
  /// The samples' indices; nil where the numbers make no range.
  fileprivate var range: Range<Int>? {
    indices.from >= 0 && indices.from < indices.to ? indices.from..<indices.to : nil
  }
}
