import CHDF5
import Diagnostics
import Files
import Foundation

extension ResultsDocument {
  /// Reads the file of an ablation that this toolkit wrote. It is opened by the HDF5 library in
  /// this process: for a file of unknown origin there is `init(unknown:)`.
  /// - Throws: `InputError` for a file of another format, and for one whose objects are larger
  ///   than results are.
  public init(path: String) throws { try self.init(path: path, limits: ReadingLimits()) }

  init(path: String, limits: ReadingLimits) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw Self.missing(path) }
    self = try HDF5.open(path) { file in
      try file.check(ResultsAnswer.format)
      var document = ResultsDocument(attributes: [], tables: [], pictures: [])
      for name in AblationAttribute.allCases.map(\.rawValue) {
        if let text = try? file.text(name) { document.attributes.append((name, text)) }
      }
      var limits = limits
      try file.collect("/", depth: 0, limits: &limits, into: &document)
      return document
    }
  }

  static func missing(_ path: String) -> InputError {
    InputError(
      path, expected: "the results of an ablation", found: "no such file",
      remedy: "run `swift run ablate` first")
  }
}

/// How much of a file is read: a small file may hold large objects, and one under many names.
struct ReadingLimits {
  /// Of all tables and pictures together, as they are kept; what is left while a file is read.
  var bytes = 2 << 30
  /// Of a table or a whole picture.
  var objectBytes = 256 << 20
  /// Pixels of a picture that is kept; a larger one is kept at a whole fraction of its size.
  var pixels = Int.max
}

/// The attributes of an ablation's file, all texts.
public enum AblationAttribute: String, CaseIterable, Sendable {
  /// The resolved configuration, YAML.
  case configuration
  case codeVersion = "code_version"
  /// Raised when results change.
  case numericsVersion = "numerics_version"
  /// Of the code; empty where it is not known.
  case commit
  case oneDNN = "onednn_version"
  case hdf5 = "hdf5_version"
  /// The processor's name, as the system has it.
  case processor
  case threads
  case system
}

extension HDF5 {
  private static let maximumDepth = 8
  private static let maximumObjects = 10_000

  fileprivate func collect(
    _ group: String, depth: Int, limits: inout ReadingLimits, into document: inout ResultsDocument
  ) throws {
    let count = chdf5_count(handle, group)
    guard count >= 0, count <= Self.maximumObjects, depth <= Self.maximumDepth else {
      throw failure("group '\(group)' cannot be read")
    }
    for index in 0..<UInt64(count) {
      guard let text = chdf5_name(handle, group, index) else {
        throw failure("group '\(group)' cannot be read")
      }
      defer { free(text) }
      let path = (group == "/" ? "" : group + "/") + String(cString: text)
      guard document.tables.count + document.pictures.count < Self.maximumObjects else {
        throw InputError("\(self.path): more than \(Self.maximumObjects) objects")
      }
      if chdf5_is_group(handle, path) {
        try collect(path, depth: depth + 1, limits: &limits, into: &document)
      } else if let table = try table(path, limits: &limits) {
        document.tables.append(table)
      } else if let picture = try picture(path, limits: &limits) {
        document.pictures.append(picture)
      }
    }
  }

  /// The number of records of `size` bytes, where an object may be as large.
  private func bounded(
    _ count: UInt64, _ size: Int, _ path: String, limits: ReadingLimits
  ) throws -> Int {
    guard let count = Int(exactly: count), size > 0, count <= limits.objectBytes / size else {
      throw tooLarge(path, limits.objectBytes)
    }
    return count
  }

  private func take(_ bytes: Int, _ path: String, limits: inout ReadingLimits) throws {
    guard bytes <= limits.bytes else {
      throw InputError(
        "\(self.path): '\(path)'", expected: "fewer bytes of results in all", found: "more",
        remedy: "make the file again with ablate")
    }
    limits.bytes -= bytes
  }

  private func tooLarge(_ path: String, _ limit: Int) -> InputError {
    InputError(
      "\(self.path): '\(path)'", expected: "at most \(limit) bytes", found: "more",
      remedy: "make the file again with ablate")
  }

  private func title(_ path: String) -> String {
    guard let text = chdf5_get_text_at(handle, path, "title") else { return "" }
    defer { free(text) }
    return String(cString: text)
  }

  private func item(_ path: String, _ name: String, _ index: Int) -> String {
    guard let text = chdf5_get_item_at(handle, path, name, Int32(clamping: index)) else {
      return ""
    }
    defer { free(text) }
    return String(cString: text)
  }

  private func table(_ path: String, limits: inout ReadingLimits) throws -> ResultTable? {
    var (rowSize, rowCount) = (0, UInt64(0))
    let fields = Int(chdf5_table_size(handle, path, &rowSize, &rowCount))
    guard fields >= 0 else { return nil }
    let rows = try bounded(rowCount, rowSize, path, limits: limits)
    try take(rows * rowSize, path, limits: &limits)
    var data = [UInt8](repeating: 0, count: rows * rowSize)
    guard chdf5_read_table(handle, path, &data) >= 0 else {
      throw failure("table '\(path)' cannot be read")
    }
    var columns: [ResultColumn] = []
    for index in 0..<fields {
      var field = chdf5_field()
      guard chdf5_table_field(handle, path, Int32(clamping: index), &field) >= 0,
        let name = field.name
      else { throw failure("table '\(path)' cannot be read") }
      defer { free(UnsafeMutablePointer(mutating: name)) }
      let (offset, size) = (field.offset, field.size)
      guard offset >= 0, size > 0, offset <= rowSize - size else {
        throw InputError("\(self.path): '\(path)' has a column outside its rows")
      }
      func each<Value>(_ read: (UnsafeRawBufferPointer) -> Value) -> [Value] {
        data.withUnsafeBytes { raw in
          (0..<rows).map { row in
            let start = row * rowSize + offset
            return read(UnsafeRawBufferPointer(rebasing: raw[start..<start + size]))
          }
        }
      }
      let values: ResultColumn.Values
      switch field.type {
      case CHDF5_FLOAT64:
        values = .numbers(
          each { Double(bitPattern: UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) })
      case CHDF5_INT32:
        values = .integers(each { Int32(littleEndian: $0.loadUnaligned(as: Int32.self)) })
      case CHDF5_TEXT: values = .texts(each { FixedText.text($0) })
      default:
        throw InputError(
          "\(self.path): '\(path)'", expected: "columns of numbers and texts",
          found: "another type in '\(String(cString: name))'")
      }
      columns.append(
        ResultColumn(
          String(cString: name), values, unit: item(path, "units", index),
          description: item(path, "descriptions", index)))
    }
    return ResultTable(path, title: title(path), columns: columns)
  }

  private func picture(_ path: String, limits: inout ReadingLimits) throws -> ResultPicture? {
    var (height, width) = (UInt64(0), UInt64(0))
    guard chdf5_image_size(handle, path, &height, &width) >= 0 else { return nil }
    let columns = try bounded(width, 3, path, limits: limits)
    let rows = try bounded(height, 3 * max(columns, 1), path, limits: limits)
    var factor = 1
    func part(_ side: Int) -> Int { (side + factor - 1) / factor }
    while part(rows) * part(columns) > limits.pixels { factor += 1 }
    try take(3 * part(rows) * part(columns), path, limits: &limits)
    var pixels = [UInt8](repeating: 0, count: 3 * part(rows) * part(columns))
    let status =
      factor == 1
      ? chdf5_read_image(handle, path, &pixels)
      : chdf5_read_reduced_image(handle, path, height, width, UInt64(factor), &pixels)
    guard status >= 0 else { throw failure("picture '\(path)' cannot be read") }
    return ResultPicture(
      path, title: title(path) + (factor > 1 ? ", at 1/\(factor) of its size" : ""),
      width: part(columns), height: part(rows), pixels: pixels)
  }
}
