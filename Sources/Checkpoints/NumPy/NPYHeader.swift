import Diagnostics

/// What stands before the elements of an NPY file, versions 1, 2 and 3
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
struct NPYHeader {
  let type: TensorType
  let shape: [Int]
  /// The first index runs fastest, not the last.
  let isFortranOrder: Bool
  let isBigEndian: Bool
  /// Where the elements begin.
  let length: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Arrays of numbers need a few hundred bytes.
  private static let longest = 1 << 16
  /// NumPy's own limit.
  static let mostDimensions = 64

  /// - Parameters:
  ///   - size: bytes of header and elements together.
  ///   - subject: the file or member for messages.
  ///   - take: hands over the next bytes, as many as asked for; never more than `size` in all.
  init(size: Int, subject: String, take: (Int) throws -> [UInt8]) throws {
    func refusal(_ expected: String, _ found: String) -> InputError {
      InputError(
        subject, expected: expected, found: found, remedy: "the file may be cut off or damaged")
    }
    guard size >= 10 else { throw refusal("an NPY header", "\(size) bytes") }
    var start = try take(10)
    guard start.prefix(6) == NPYHeader.magic[...] else {
      throw refusal("an NPY header", "other bytes")
    }
    guard (1...3).contains(start[6]), start[7] == 0 else {
      throw InputError(
        subject, expected: "NPY version 1.0, 2.0 or 3.0", found: "\(start[6]).\(start[7])")
    }
    if start[6] > 1 {
      guard size >= 12 else { throw refusal("an NPY header", "\(size) bytes") }
      start += try take(2)
    }
    let textLength = start[8...].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard textLength <= min(NPYHeader.longest, size - start.count) else {
      throw refusal(
        "an NPY header of at most \(min(NPYHeader.longest, size - start.count)) bytes",
        "a length of \(textLength)")
    }
    length = start.count + textLength
    let fields = try NPYHeaderFields(try take(textLength), subject: "\(subject): NPY header")
    (type, isBigEndian) = try NPYHeader.type(fields.description, subject: subject)
    shape = fields.shape
    isFortranOrder = fields.isFortranOrder
    guard let dataLength = type.byteCount(shape: shape) else {
      throw refusal("a shape that fits the file", "\(shape)")
    }
    guard dataLength == size - length else {
      throw refusal("\(dataLength) bytes for shape \(shape)", "\(size - length)")
    }
  }

  /// Where an element's place does not depend on the order of the indices.
  var isRowMajor: Bool { !isFortranOrder || shape.count(where: { $0 != 1 }) <= 1 }

  private static let types: [String: TensorType] = [
    "b1": .bool, "f2": .float16, "f4": .float32, "f8": .float64,
    "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
    "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64,
  ]

  private static func type(
    _ description: String, subject: String
  ) throws -> (TensorType, isBigEndian: Bool) {
    let order = description.first
    guard let type = types[String(description.dropFirst())],
      order == "<" || order == ">" || (order == "|" && type.size == 1)
    else {
      let kinds: [Character: String] = [
        "O": ", Python objects", "c": ", complex numbers", "U": ", text", "S": ", text",
        "V": ", raw bytes", "M": ", dates", "m": ", dates",
      ]
      let kind = description.dropFirst().first.flatMap { kinds[$0] } ?? ""
      throw InputError(
        subject, expected: "an array of booleans, integers or floating-point numbers",
        found: "type '\(description)'\(kind)",
        remedy: "save it as another type with numpy's astype")
    }
    return (type, order == ">" && type.size > 1)
  }

  /// The header that numpy writes for a row-major array: version 1.0, the elements beginning at
  /// a multiple of 64 bytes.
  static func bytes(type: TensorType, shape: [Int], subject: String) throws -> [UInt8] {
    guard let code = types.first(where: { $0.value == type })?.key else {
      throw InputError(
        subject, expected: "a type that NumPy has", found: type.rawValue,
        remedy: "write it as float32")
    }
    guard shape.count <= mostDimensions else {
      throw InputError(
        subject, expected: "at most \(mostDimensions) dimensions", found: "\(shape.count)")
    }
    let dimensions = shape.map(String.init).joined(separator: ", ")
    let tuple = shape.count == 1 ? "(\(dimensions),)" : "(\(dimensions))"
    let description = (type.size == 1 ? "|" : "<") + code
    var text = Array(
      "{'descr': '\(description)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    let padding = (64 - (10 + text.count + 1) % 64) % 64
    text += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    return magic + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
  }
}
