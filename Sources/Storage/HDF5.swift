import CHDF5
import Diagnostics
import Foundation
import Synchronization

/// An open HDF5 file. The library keeps global state, so all use of it, in any
/// file, is one caller at a time.
struct HDF5 {
  let handle: Int64
  let path: String

  private static let lock = Mutex(())

  /// Creates `path` with a user block of a power of two of at least 512 bytes.
  static func create<Result>(
    _ path: String, userBlock: Int, _ body: (HDF5) throws -> Result
  ) throws -> Result {
    try use(path, { chdf5_create(path, UInt64(userBlock)) }, body)
  }

  /// Opens `path` for reading. A malformed file can crash the library: see ``HDF5Probe``.
  static func open<Result>(_ path: String, _ body: (HDF5) throws -> Result) throws -> Result {
    try use(path, { chdf5_open(path) }, body)
  }

  private static func use<Result>(
    _ path: String, _ open: () -> Int64, _ body: (HDF5) throws -> Result
  ) throws -> Result {
    try lock.withLock { _ in
      let file = HDF5(handle: open(), path: path)
      guard file.handle >= 0 else { throw file.failure("cannot be opened as HDF5") }
      let result: Result
      do {
        result = try body(file)
      } catch {
        _ = chdf5_close(file.handle)
        throw error
      }
      guard chdf5_close(file.handle) >= 0 else { throw file.failure("cannot be closed") }
      return result
    }
  }

  private init(handle: Int64, path: String) {
    self.handle = handle
    self.path = path
  }

  func failure(_ what: String) -> InputError {
    var message = String(cString: chdf5_message())
    // Where the system refused something, its word is between other things.
    if let start = message.range(of: "error message = '"),
      let end = message[start.upperBound...].firstIndex(of: "'")
    {
      message = String(message[start.upperBound..<end])
    }
    return InputError("\(path): \(what): \(message)")
  }

  // MARK: Datasets

  /// A dataset of one element type, in row-major order.
  struct Dataset {
    enum Element: Equatable {
      case float32
      case float64
      case int32
      /// Null-padded UTF-8 of so many bytes.
      case text(width: Int)
      case other

      var size: Int? {
        switch self {
        case .float32, .int32: 4
        case .float64: 8
        case .text(let width): width
        case .other: nil
        }
      }
    }

    let element: Element
    let shape: [Int]
    /// Where its values begin in the file; nil where they are not in one piece.
    let offset: Int?
  }

  /// Reserves a dataset and returns where its values go once the file is closed.
  func createDataset(
    _ name: String, _ element: Dataset.Element, shape: [Int], description: String
  ) throws -> Int {
    var dataset = chdf5_dataset()
    switch element {
    case .float32: dataset.type = CHDF5_FLOAT32
    case .float64: dataset.type = CHDF5_FLOAT64
    case .int32: dataset.type = CHDF5_INT32
    case .text, .other: dataset.type = CHDF5_TEXT
    }
    dataset.element_size = element.size ?? 1
    dataset.rank = Int32(shape.count)
    withUnsafeMutableBytes(of: &dataset.dimensions) { bytes in
      for (i, extent) in shape.prefix(CHDF5_MAX_RANK).enumerated() {
        bytes.storeBytes(of: UInt64(extent), toByteOffset: 8 * i, as: UInt64.self)
      }
    }
    guard chdf5_create_dataset(handle, name, description, &dataset) >= 0,
      let offset = Int(exactly: dataset.offset)
    else { throw failure("dataset '\(name)' cannot be created") }
    return offset
  }

  /// Gives a dataset that was created its unit, unless that is empty, and a name for each of its
  /// dimensions, as HDF5's dimension labels.
  func label(_ name: String, unit: String, dimensions: [String]) throws {
    if !unit.isEmpty { try put("unit", unit, at: name) }
    try put("DIMENSION_LABELS", dimensions, at: name)
  }

  func dataset(_ name: String) throws -> Dataset {
    var dataset = chdf5_dataset()
    guard chdf5_get_dataset(handle, name, &dataset) >= 0 else {
      throw failure("dataset '\(name)' cannot be read")
    }
    let shape = withUnsafeBytes(of: dataset.dimensions) { bytes in
      (0..<Int(dataset.rank)).map {
        Int(clamping: bytes.load(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
    let element: Dataset.Element =
      switch dataset.type {
      case CHDF5_FLOAT32: .float32
      case CHDF5_FLOAT64: .float64
      case CHDF5_INT32: .int32
      case CHDF5_TEXT: .text(width: dataset.element_size)
      default: .other
      }
    return Dataset(
      element: element, shape: shape,
      offset: dataset.is_contiguous ? Int(exactly: dataset.offset) : nil)
  }

  // MARK: Attributes of the root group

  func put(_ name: String, _ text: String) throws {
    guard chdf5_put_text(handle, name, text) >= 0 else { throw cannotWrite(name) }
  }

  func put(_ name: String, _ value: Int) throws {
    guard chdf5_put_integer(handle, name, Int64(value)) >= 0 else { throw cannotWrite(name) }
  }

  func put(_ name: String, _ value: Double) throws {
    guard chdf5_put_double(handle, name, value) >= 0 else { throw cannotWrite(name) }
  }

  func text(_ name: String) throws -> String {
    guard let text = chdf5_get_text(handle, name) else { throw cannotRead(name, "a text") }
    defer { free(text) }
    return String(cString: text)
  }

  func integer(_ name: String) throws -> Int {
    var value: Int64 = 0
    guard chdf5_get_integer(handle, name, &value) >= 0 else { throw cannotRead(name, "an integer") }
    return Int(value)
  }

  func double(_ name: String) throws -> Double {
    var value = 0.0
    guard chdf5_get_double(handle, name, &value) >= 0 else { throw cannotRead(name, "a number") }
    return value
  }

  private func cannotWrite(_ name: String) -> InputError {
    failure("attribute '\(name)' cannot be written")
  }

  private func cannotRead(_ name: String, _ kind: String) -> InputError {
    failure("attribute '\(name)' cannot be read as \(kind)")
  }
}
