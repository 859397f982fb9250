import Diagnostics
import Files
import Foundation

extension SolidDataset {
  /// What determines every byte of a rendered folder.
  public struct Parameters: Codable, Equatable, Sendable, CustomStringConvertible {
    /// ``SolidRenderer/version``.
    public let version: Int
    /// In label order, without repetition.
    public let classes: [SolidClass]
    /// Images of each class.
    public let perClass: Int
    /// Side of the images in pixels.
    public let size: Int
    public let seed: UInt64
    /// JPEG quality, 1...100.
    public let quality: Int

    /// Throws `InputError` for no class, a count outside ``imagesPerClass``, a
    /// size outside ``SolidRenderer/sizes`` or a quality outside 1...100.
    public init(
      classes: [SolidClass] = SolidClass.allCases, perClass: Int, size: Int = 64, seed: UInt64,
      quality: Int = 95
    ) throws {
      version = SolidRenderer.version
      self.classes = SolidClass.allCases.filter(classes.contains)
      self.perClass = perClass
      self.size = size
      self.seed = seed
      self.quality = quality
      guard !classes.isEmpty else {
        throw InputError(
          "classes", expected: "at least one of \(Self.names(SolidClass.allCases))", found: "none")
      }
      guard SolidDataset.imagesPerClass.contains(perClass) else {
        throw InputError(
          "images per class", expected: "1 to \(SolidDataset.imagesPerClass.upperBound)",
          found: "\(perClass)")
      }
      guard (1...100).contains(quality) else {
        throw InputError("JPEG quality", expected: "1 to 100", found: "\(quality)")
      }
      _ = try SolidRenderer(size: size)
    }

    public var description: String {
      "\(perClass) images of \(size)x\(size) each of \(Self.names(classes)), "
        + "seed \(seed), quality \(quality), renderer \(version)"
    }

    private static func names(_ classes: [SolidClass]) -> String {
      classes == SolidClass.allCases && classes.count > 1
        ? "all \(classes.count) classes" : classes.map(\.rawValue).joined(separator: ", ")
    }
  }

  /// Written last: the folder is complete.
  static let markerName = "dataset.json"
  /// Written first, so that an interrupted folder is only continued as it was begun.
  static let beginningName = "dataset.json.begun"

  /// The parameters of a completely rendered folder, nil where there is none.
  /// Throws `InputError` when the marker is not one.
  public static func completed(in folder: String) throws -> Parameters? {
    try marker(folder + "/" + markerName)
  }

  /// Whether a folder is missing, begun, or so new that its rendering was not yet noted in it.
  public static func canBegin(in folder: String) -> Bool {
    let manager = FileManager.default
    guard let names = try? manager.contentsOfDirectory(atPath: folder) else {
      return !manager.fileExists(atPath: folder)
    }
    return names.contains(beginningName)
      || names.allSatisfy { $0.hasPrefix(".") || $0.hasPrefix("\(beginningName).tmp-") }
  }

  /// Refuses a folder that holds anything but a set of `parameters`, whole or in part.
  static func check(_ folder: String, against parameters: Parameters) throws {
    let found = try completed(in: folder) ?? marker(folder + "/" + beginningName)
    guard let found else {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      guard entries.allSatisfy({ $0.hasPrefix(".") }) else {
        throw InputError(
          folder, expected: "a new or empty folder, or one with \(markerName)",
          found: "other files", remedy: "choose another folder")
      }
      return
    }
    guard found == parameters else {
      throw InputError(
        folder, expected: "\(parameters)", found: "\(found)",
        remedy: "choose another folder or remove this one")
    }
  }

  static func write(_ parameters: Parameters, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try AtomicFile.write(Array(encoder.encode(parameters)) + [0x0A], to: path)
  }

  private static func marker(_ path: String) throws -> Parameters? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw InputError(path, expected: "a readable file", found: "one that cannot be opened")
    }
    defer { try? handle.close() }
    do {
      // Far more than a marker needs; a hostile file is not read whole.
      let found = try JSONDecoder().decode(
        Parameters.self, from: handle.read(upToCount: 1 << 16) ?? Data())
      _ = try Parameters(
        classes: found.classes, perClass: found.perClass, size: found.size, seed: found.seed,
        quality: found.quality)
      return found
    } catch {
      throw InputError(
        path, expected: "the parameters of a rendered set", found: "something else",
        remedy: "remove the folder and render again")
    }
  }
}
