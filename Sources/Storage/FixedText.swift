/// Texts as HDF5 stores them at a fixed length: UTF-8, filled up with zeros.
enum FixedText {
  /// Bytes that the longest of `texts` needs, at least 1.
  static func width(_ texts: some Sequence<String>) -> Int {
    max(1, texts.lazy.map(\.utf8.count).max() ?? 0)
  }

  static func bytes(_ text: String, width: Int) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(width))
    return bytes + [UInt8](repeating: 0, count: width - bytes.count)
  }

  static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  static func texts(_ bytes: [UInt8], width: Int) -> [String] {
    stride(from: 0, to: bytes.count, by: width).map { text(bytes[$0..<$0 + width]) }
  }
}
