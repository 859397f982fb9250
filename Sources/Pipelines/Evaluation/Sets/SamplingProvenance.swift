import Files
import Foundation

/// How the samples of a folder or file came about, where `flowturbo sample` made them.
enum SamplingProvenance {
  /// The manifest that `path` is part of: a run's folder, its `images` or its `samples.npz`.
  /// Nil where there is none of ours.
  static func manifest(of path: String) -> (manifest: SampleManifest, folder: String)? {
    let path = (path as NSString).standardizingPath
    // Other programs write a manifest.json, too.
    if let manifest = try? SampleManifest.read(in: path) { return (manifest, path) }
    let above = (path as NSString).deletingLastPathComponent
    let folder = above.isEmpty ? "." : above
    guard let manifest = try? SampleManifest.read(in: folder),
      manifest.outputs.contains((path as NSString).lastPathComponent)
    else { return nil }
    return (manifest, folder)
  }

  /// The sample that a numbered file holds.
  static func index(ofFile path: String) -> Int? {
    Int(((path as NSString).lastPathComponent as NSString).deletingPathExtension)
  }
}
