import Configuration
import Diagnostics
import Files
import Foundation
import Imaging
import Storage

/// What classes are called, for labels that are given by name.
struct ClassNames {
  /// By number; empty where nothing says.
  let names: [String]
  /// Classes of the predictor.
  let count: Int
  /// Where the names stand.
  private let source: String

  /// - Parameter path: a file of latents, a folder of class folders, or a text with a name on each
  ///   line; nil for no names but ImageNet's.
  /// - Throws: `InputError` where there are no names, or more than classes.
  init(_ path: String?, count: Int) throws {
    self.count = count
    guard let path else {
      (names, source) = (count == ImageNetWNIDs.all.count ? ImageNetWNIDs.all : [], "ImageNet")
      return
    }
    source = path
    names = try Self.read(path)
    guard (1...count).contains(names.count) else {
      throw InputError(
        path, expected: "names of \(count) classes, as the predictor has", found: "\(names.count)")
    }
  }

  private static let longestText = 16 << 20

  private static func read(_ path: String) throws -> [String] {
    if path.hasSuffix(".h5") { return try LatentsFile(path: path).description.classNames }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      return try ImageFolder(scanning: path).classNames
    }
    let file = try ReadOnlyFile(path)
    guard file.size <= longestText else {
      throw InputError(path, expected: "a text of names", found: "\(file.size) bytes")
    }
    return String(decoding: try file.bytes(0..<file.size), as: UTF8.self)
      .split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  /// The number of a class; the null class for none. Names go before numbers: a folder `10` is
  /// not class 10 where folders begin with `1`.
  /// - Throws: `InputError` where there is no such class.
  func label(_ reference: ClassReference) throws -> Int32 {
    let text = reference.text
    if reference == .none { return Int32(clamping: count) }
    if let number = names.firstIndex(of: text) { return Int32(clamping: number) }
    if let number = Int(text) {
      guard (0..<count).contains(number) else {
        throw InputError(
          "class \(text)", expected: "a number from 0 to \(count - 1)", found: text)
      }
      return Int32(clamping: number)
    }
    throw InputError(
      "class '\(text.prefix(60))'",
      expected: names.isEmpty ? "a number from 0 to \(count - 1)" : "one of the names in \(source)",
      found: "another name", remedy: remedy)
  }

  private var remedy: String {
    guard names.isEmpty else {
      return "such as \(names.prefix(3).joined(separator: ", "))"
    }
    return "or name a file of names with sampling.classes"
  }

  /// The classes of images.
  func labels(_ labels: TaskLabels, of images: TaskImages) throws -> [Int32] {
    switch labels {
    case .none: return Array(repeating: Int32(clamping: count), count: images.count)
    case .list(let list):
      let numbers = try list.map(label)
      guard !numbers.isEmpty else {
        throw InvalidField("sampling.labels", expected: TaskLabels.expectation, found: "none")
      }
      return (0..<images.count).map { numbers[$0 % numbers.count] }
    case .images:
      return try images.entries.map { entry in
        guard let number = names.firstIndex(of: entry.folder) else {
          throw InputError(
            entry.path,
            expected: names.isEmpty
              ? "names of classes to tell its class by" : "a folder with the name of a class",
            found: names.isEmpty ? "none" : "'\(entry.folder)'",
            remedy: "give sampling.labels, such as 0 or none"
              + (names.isEmpty ? ", or sampling.classes" : ""))
        }
        return Int32(clamping: number)
      }
    }
  }
}
