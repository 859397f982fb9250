/// What a pickle says of the bytes under one storage key.
struct TorchRecord: Equatable {
  let type: TorchStorageType
  /// Number of elements.
  let count: Int
  let byteCount: Int

  /// Nil where no memory could hold it, or the type is one that is not read.
  init?(type: TorchStorageType, count: Int) {
    let size: Int
    switch type {
    case .untyped: size = 1
    case .elements(let element):
      guard let type = element.tensorType else { return nil }
      size = type.size
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    guard count >= 0, !overflow else { return nil }
    self.type = type
    self.count = count
    byteCount = bytes
  }

  var elementSize: Int { count == 0 ? 1 : byteCount / count }

  /// Keys are names of records in an archive; nothing in them may lead elsewhere.
  static func isKey(_ key: String) -> Bool {
    (1...64).contains(key.utf8.count)
      && key.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

/// A storage as a tensor uses it: a record, or a part of one.
struct TorchStorage {
  let key: String
  let type: TorchStorageType
  /// Bytes of the record.
  let bytes: Range<Int>

  /// Nil when it is untyped.
  var elementType: TorchElementType? {
    if case .elements(let type) = type { type } else { nil }
  }
}

/// A tensor over a storage. All its elements lie inside.
struct TorchView {
  let key: String
  let type: TensorType
  /// Byte of the record where the first element begins.
  let start: Int
  let shape: [Int]
  /// In elements, one for each dimension.
  let strides: [Int]

  /// Why a view cannot be used.
  struct Fault: Error {
    let expected: String
    let found: String
  }

  /// PyTorch's own limit is 64.
  static let mostDimensions = 64
  /// Zero and overlapping strides repeat elements; a few bytes may not become terabytes.
  static let mostRepeatedBytes = 64 << 20

  /// - Parameter offset: the first element, counted in elements of `type`.
  init(_ storage: TorchStorage, type: TensorType, offset: Int, shape: [Int], strides: [Int])
    throws(Fault)
  {
    guard shape.count == strides.count, shape.count <= TorchView.mostDimensions else {
      throw Fault(
        expected: "as many strides as sizes, at most \(TorchView.mostDimensions)",
        found: "\(shape.count) sizes and \(strides.count) strides")
    }
    let capacity = storage.bytes.count / type.size
    guard shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), (0...capacity) ~= offset
    else {
      throw Fault(
        expected: "sizes and strides of 0 and more, an offset from 0 to \(capacity)",
        found: "sizes \(shape), strides \(strides), offset \(offset)")
    }
    guard let byteCount = type.byteCount(shape: shape) else {
      throw Fault(expected: "a tensor that fits the memory", found: "sizes \(shape)")
    }
    guard TorchView.extent(shape: shape, strides: strides).map({ $0 <= capacity - offset }) == true
    else {
      throw Fault(
        expected: "a tensor inside its \(capacity) elements",
        found: "sizes \(shape), strides \(strides), offset \(offset)")
    }
    guard byteCount <= max(storage.bytes.count, TorchView.mostRepeatedBytes) else {
      throw Fault(
        expected: "a tensor that repeats elements to be of at most "
          + "\(TorchView.mostRepeatedBytes) bytes",
        found: "\(byteCount) made of \(storage.bytes.count)")
    }
    key = storage.key
    self.type = type
    // Inside the storage, so that nothing overflows.
    start = storage.bytes.lowerBound + offset * type.size
    self.shape = shape
    self.strides = strides
  }

  /// How many elements lie from the first to the last; nil when that overflows.
  private static func extent(shape: [Int], strides: [Int]) -> Int? {
    guard !shape.contains(0) else { return 0 }
    var last = 0
    for (size, stride) in zip(shape, strides) {
      let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, carry) = last.addingReportingOverflow(step)
      guard !overflow, !carry, sum < Int.max else { return nil }
      last = sum
    }
    return last + 1
  }
}
