import Diagnostics

extension TensorRecord {
  /// A tensor of another file, read piece by piece while this one is written.
  ///
  /// - Parameters:
  ///   - name: what it is called in the new file.
  ///   - source: its name in `file`.
  ///   - shape: nil for its own; another of as many elements.
  ///   - storage: what floats are stored as; nil, and integers always, as they are.
  /// - Throws: `InputError` where there is no such tensor. Writing throws where a value is
  ///   beyond float16.
  public init(
    _ name: String, copying source: String, of file: any TensorFile, shape: [Int]? = nil,
    as storage: FloatStorage? = nil
  ) throws {
    let tensor = try file.info(source)
    let shape = shape ?? tensor.shape
    guard let storage, tensor.type.isFloatingPoint, storage.tensorType != tensor.type else {
      self.init(name, shape: shape, type: tensor.type) { put in
        try file.forEachChunk(of: source, put)
      }
      return
    }
    self.init(name, shape: shape, type: storage.tensorType) { put in
      // A chunk has at most a mebibyte, of elements of one byte at least.
      let wide = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1 << 20)
      let narrow = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
      defer {
        wide.deallocate()
        narrow.deallocate()
      }
      try file.forEachChunk(of: source) { bytes in
        let values = UnsafeMutableBufferPointer(rebasing: wide[..<(bytes.count / tensor.type.size)])
        ElementConversion.widen(bytes, type: tensor.type, into: values)
        if storage == .float16, let value = values.first(where: Self.overflowsFloat16) {
          throw InputError(
            "\(file.path): tensor '\(source)'", expected: "values that float16 can hold",
            found: "\(value)", remedy: "choose bfloat16 or float32")
        }
        let output = UnsafeMutableRawBufferPointer(
          rebasing: narrow[..<(values.count * storage.tensorType.size)])
        ElementConversion.narrow(UnsafeBufferPointer(values), to: storage, into: output)
        try put(UnsafeRawBufferPointer(output))
      }
    }
  }

  /// Whether rounding makes an infinity of a number.
  private static func overflowsFloat16(_ value: Float) -> Bool {
    value.isFinite && abs(value) >= 65_520
  }
}
