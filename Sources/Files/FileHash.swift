import CCrypto
import Diagnostics
import Foundation

/// SHA-256 of bytes and files, as lower-case hexadecimal: the identity of weights
/// and data in every result's provenance.
public enum FileHash {
  public static func sha256(_ bytes: some Sequence<UInt8>) -> String {
    var digest = Digest()
    Array(bytes).withUnsafeBytes { digest.update($0) }
    return digest.hexadecimal()
  }

  /// Streams the file, so that its size does not matter.
  public static func sha256(ofFile path: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw InputError("\(path): cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { try? handle.close() }
    var digest = Digest()
    while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
      chunk.withUnsafeBytes { digest.update($0) }
    }
    return digest.hexadecimal()
  }

  private struct Digest: ~Copyable {
    private let context = EVP_MD_CTX_new()
    init() { EVP_DigestInit_ex(context, EVP_sha256(), nil) }
    deinit { EVP_MD_CTX_free(context) }
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }
    mutating func hexadecimal() -> String {
      var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
      var count: UInt32 = 0
      EVP_DigestFinal_ex(context, &bytes, &count)
      return bytes.prefix(Int(count)).map { byte in
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
      }.joined()
    }
  }
}
