import CCrypto
import Foundation

/// SHA-256 of bytes and files, as lower-case hexadecimal: the identity of weights
/// and data in every result's provenance.
public enum FileHash {
  public static func sha256(_ bytes: some Sequence<UInt8>) -> String {
    let digest = SHA256Digest()
    Array(bytes).withUnsafeBytes { digest.update($0) }
    return digest.hexadecimal()
  }

  /// Streams the file, so that its size does not matter.
  public static func sha256(ofFile path: String) throws -> String {
    try sha256(of: ReadOnlyFile(path))
  }

  /// The bytes of a file that is open, whatever its path names by now.
  public static func sha256(of file: ReadOnlyFile) throws -> String {
    let digest = SHA256Digest()
    try file.forEachChunk(of: 0..<file.size) { digest.update($0) }
    return digest.hexadecimal()
  }
}

/// SHA-256 of bytes that arrive in pieces.
public final class SHA256Digest {
  private let context = EVP_MD_CTX_new()

  public init() { EVP_DigestInit_ex(context, EVP_sha256(), nil) }

  deinit { EVP_MD_CTX_free(context) }

  public func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  public func update(_ text: String) {
    Array(text.utf8).withUnsafeBytes { update($0) }
  }

  /// The digest of all bytes so far, in lower-case hexadecimal. Ends the digest.
  public func hexadecimal() -> String {
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_DigestFinal_ex(context, &bytes, &count)
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self)
  }
}
