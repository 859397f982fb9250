import CHDF5
import Diagnostics
import Foundation

extension ResultColumn {
  /// The element as it is stored.
  fileprivate var element: (type: chdf5_type, size: Int) {
    switch values {
    case .numbers: (CHDF5_FLOAT64, 8)
    case .integers: (CHDF5_INT32, 4)
    case .texts(let texts): (CHDF5_TEXT, FixedText.width(texts))
    }
  }

  fileprivate func bytes(_ row: Int, size: Int) -> [UInt8] {
    switch values {
    case .numbers(let values):
      withUnsafeBytes(of: values[row].bitPattern.littleEndian, Array.init)
    case .integers(let values): withUnsafeBytes(of: values[row].littleEndian, Array.init)
    case .texts(let texts): FixedText.bytes(texts[row], width: size)
    }
  }
}

extension HDF5 {
  /// Creates the groups that an object at `path` lies in.
  func createGroups(above path: String, known: inout Set<String>) throws {
    var group = ""
    for name in path.split(separator: "/").dropLast() {
      group += group.isEmpty ? "\(name)" : "/\(name)"
      guard known.insert(group).inserted else { continue }
      guard chdf5_create_group(handle, group) >= 0 else {
        throw failure("group '\(group)' cannot be created")
      }
    }
  }

  func write(_ table: ResultTable) throws {
    let elements = table.columns.map(\.element)
    var offsets: [Int] = []
    var rowSize = 0
    for element in elements {
      offsets.append(rowSize)
      rowSize += element.size
    }
    var data: [UInt8] = []
    data.reserveCapacity(rowSize * table.rows)
    for row in 0..<table.rows {
      for (column, element) in zip(table.columns, elements) {
        data += column.bytes(row, size: element.size)
      }
    }
    let names = table.columns.map { strdup($0.name) }
    defer { names.forEach { free($0) } }
    let fields = elements.indices.map {
      chdf5_field(
        name: names[$0], type: elements[$0].type, size: elements[$0].size, offset: offsets[$0])
    }
    let status = chdf5_write_table(
      handle, table.path, fields, Int32(fields.count), rowSize, UInt64(table.rows), data)
    guard status >= 0 else { throw failure("table '\(table.path)' cannot be written") }
    try put("title", table.title, at: table.path)
    try put("columns", table.columns.map(\.name), at: table.path)
    try put("units", table.columns.map(\.unit), at: table.path)
    try put("descriptions", table.columns.map(\.description), at: table.path)
    try put("DIMENSION_LABELS", ["row"], at: table.path)
  }

  func write(_ picture: ResultPicture) throws {
    guard picture.width > 0, picture.height > 0,
      picture.pixels.count == 3 * picture.width * picture.height
    else {
      throw InputError(
        "\(path): \(picture.path)", expected: "\(picture.width)×\(picture.height)×3 bytes",
        found: "\(picture.pixels.count)")
    }
    let status = chdf5_write_image(
      handle, picture.path, UInt64(picture.height), UInt64(picture.width), picture.pixels)
    guard status >= 0 else { throw failure("picture '\(picture.path)' cannot be written") }
    try put("title", picture.title, at: picture.path)
    // The HDF5 image specification 1.2, so that viewers show it.
    for (name, value) in [
      ("CLASS", "IMAGE"), ("IMAGE_VERSION", "1.2"), ("IMAGE_SUBCLASS", "IMAGE_TRUECOLOR"),
      ("INTERLACE_MODE", "INTERLACE_PIXEL"),
    ] {
      try put(name, value, at: picture.path)
    }
    try put("DIMENSION_LABELS", ["y", "x", "channel"], at: picture.path)
  }

  func link(_ present: String, _ path: String) throws {
    guard chdf5_link(handle, present, path) >= 0 else {
      throw failure("'\(path)' cannot be written")
    }
  }

  func put(_ name: String, _ text: String, at path: String) throws {
    guard chdf5_put_text_at(handle, path, name, text) >= 0 else {
      throw failure("attribute '\(name)' of '\(path)' cannot be written")
    }
  }

  func put(_ name: String, _ texts: [String], at path: String) throws {
    let copies = texts.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    let pointers = copies.map { $0.map { UnsafePointer<CChar>($0) } }
    guard chdf5_put_texts_at(handle, path, name, pointers, Int32(texts.count)) >= 0 else {
      throw failure("attribute '\(name)' of '\(path)' cannot be written")
    }
  }
}
