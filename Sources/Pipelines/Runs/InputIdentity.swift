import Diagnostics
import Files
import Foundation
import Imaging
import Storage

/// What says which data a run reads, so that equal data under another path are the same.
public enum InputIdentity {
  /// Of a file of latents: what was encoded and how.
  public static func latents(_ path: String) throws -> String {
    try LatentsFile(path: path).inputsHash
  }

  /// Of the weights of a feature network.
  public static func extractor(_ path: String) throws -> String {
    try ExtractorWeights(path).identity
  }

  /// Of a file by its bytes, of a folder by the names and sizes of its images.
  public static func images(_ path: String) throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(path, expected: "images", found: "nothing", remedy: "correct the path")
    }
    guard isFolder.boolValue else { return try FileHash.sha256(ofFile: path) }
    let digest = SHA256Digest()
    for image in try ImageFolder(scanning: path, allowingFlat: true).images {
      let file = "\(path)/\(image.relativePath)"
      // A file that is gone by now is told by whoever reads it.
      let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
      digest.update("\(image.relativePath) \(size ?? -1)\n")
    }
    return digest.hexadecimal()
  }
}
