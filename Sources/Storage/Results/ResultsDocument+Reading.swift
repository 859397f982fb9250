import CHDF5
import Diagnostics
import Files
import Foundation

extension ResultsDocument {
  /// Reads the file of an ablation that this toolkit wrote. It is opened by the HDF5 library in
  /// this process: for a file of unknown origin there is `init(unknown:)`.
  /// - Throws: `InputError` for a file of another format, and for one whose objects are larger
  ///   than results are.
  public init(path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw Self.missing(path) }
    self = try HDF5.open(path) { file in
      try file.check(ResultsAnswer.format)
      var document = ResultsDocument(attributes: [], tables: [], pictures: [])
      for name in AblationAttribute.allCases.map(\.rawValue) {
        if let text = try? file.text(name) { document.attributes.append((name, text)) }
      }
      var budget = HDF5.maximumBytes
      try file.collect("/", depth: 0, budget: &budget, into: &document)
      return document
    }
  }

  static func missing(_ path: String) -> InputError {
    InputError(
      path, expected: "the results of an ablation", found: "no such file",
      remedy: "run `swift run ablate` first")
  }
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
  /// Of all tables and pictures together: a small file may hold large ones, and one under many names.
  fileprivate static let maximumBytes = 256 << 20

  /// - Parameter budget: bytes that may still be read.
  fileprivate func collect(
    _ group: String, depth: Int, budget: inout Int, into document: inout ResultsDocument
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
        try collect(path, depth: depth + 1, budget: &budget, into: &document)
      } else if let table = try table(path, budget: &budget) {
        document.tables.append(table)
      } else if let picture = try picture(path, budget: &budget) {
        document.pictures.append(picture)
      }
    }
  }

  /// The number of records of `size` bytes, taken from the budget.
  private func bounded(
    _ count: UInt64, _ size: Int, _ path: String, budget: inout Int
  ) throws -> Int {
    guard let count = Int(exactly: count), size > 0, count <= budget / size else {
      throw InputError(
        "\(self.path): '\(path)'", expected: "at most \(Self.maximumBytes) bytes of results",
        found: "more", remedy: "make the file again with ablate")
    }
    budget -= count * size
    return count
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

  private func table(_ path: String, budget: inout Int) throws -> ResultTable? {
    var (rowSize, rowCount) = (0, UInt64(0))
    let fields = Int(chdf5_table_size(handle, path, &rowSize, &rowCount))
    guard fields >= 0 else { return nil }
    let rows = try bounded(rowCount, rowSize, path, budget: &budget)
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

  private func picture(_ path: String, budget: inout Int) throws -> ResultPicture? {
    var (height, width) = (UInt64(0), UInt64(0))
    guard chdf5_image_size(handle, path, &height, &width) >= 0 else { return nil }
    // Only the whole picture counts.
    var rowBudget = budget
    let columns = try bounded(width, 3, path, budget: &rowBudget)
    let rows = try bounded(height, 3 * max(columns, 1), path, budget: &budget)
    var pixels = [UInt8](repeating: 0, count: 3 * rows * columns)
    guard chdf5_read_image(handle, path, &pixels) >= 0 else {
      throw failure("picture '\(path)' cannot be read")
    }
    return ResultPicture(path, title: title(path), width: columns, height: rows, pixels: pixels)
  }
}
