import Diagnostics
import Files
import Imaging

/// Images in an order, wherever they are stored, to be read once for their content's hash and
/// once for their pixels.
protocol ImageSequence: Sendable {
  /// Images, broken ones included; at least 1.
  var count: Int { get }

  /// What messages call an image.
  func name(_ index: Int) -> String

  /// The content of every image in order.
  /// - Parameter progress: called now and then with the number done; what it throws ends the work.
  func contents(workers: Int, progress: (Int) throws -> Void) throws -> [ImageContent]

  /// - Throws: `InputError` where an image of the range is not what its content's hash was of.
  func check(_ range: Range<Int>) throws

  /// Reads images of a range. It is called on several threads, for ascending indices, each once.
  func decoder(_ range: Range<Int>) throws -> @Sendable (Int) -> Result<RGBImage, InputError>
}

extension ImageSequence {
  /// Images in memory do not change.
  func check(_ range: Range<Int>) throws {}
}

/// What identifies an image before it is decoded.
struct ImageContent: Sendable, Equatable {
  /// SHA-256 in hexadecimal: of the file's bytes or, in an npz, of sides and pixels.
  let hash: String
  /// `png`, `jpeg`, `npz`, or `unknown` for a file that is neither.
  let format: String

  static let npz = "npz"
  static let unknown = "unknown"

  /// What identifies a set: SHA-256 over its images' hashes, in order.
  static func hash(of hashes: some Sequence<String>) -> String {
    let digest = SHA256Digest()
    for hash in hashes { digest.update(hash + "\n") }
    return digest.hexadecimal()
  }
}

extension Result where Failure == InputError {
  /// Runs `body`; an error of another kind is told with `subject`.
  init(subject: String, _ body: () throws -> Success) {
    do {
      self = .success(try body())
    } catch let error as InputError {
      self = .failure(error)
    } catch {
      self = .failure(InputError("\(subject): \(error)"))
    }
  }
}
