import Diagnostics
import Files
import Imaging
import Synchronization

/// Image files of a folder.
struct FolderImages: ImageSequence {
  let folder: ImageFolder
  private let hashed = Hashed()

  init(folder: ImageFolder) { self.folder = folder }

  /// What the files were when they were hashed; empty before.
  private final class Hashed: Sendable {
    let stamps = Mutex<[FileStamp?]>([])
  }

  var count: Int { folder.images.count }

  func name(_ index: Int) -> String { folder.path(index) }

  /// The hashes are those of the files as they are stored: the same picture in another file is
  /// other content. A file that cannot be read has a content of its own, too; it is found
  /// broken when it is decoded.
  func contents(workers: Int, progress: (Int) throws -> Void) throws -> [ImageContent] {
    let prefetch = OrderedPrefetch(0..<count, workers: workers, lookahead: 4 * workers) {
      [folder] index in
      // Before it is read: what changes from then on shows.
      (FileStamp(path: folder.path(index)), Self.content(folder.path(index)))
    }
    var contents: [ImageContent] = []
    contents.reserveCapacity(count)
    var stamps: [FileStamp?] = []
    stamps.reserveCapacity(count)
    while let (index, (stamp, content)) = prefetch.next() {
      contents.append(content)
      stamps.append(stamp)
      if (index + 1).isMultiple(of: 64) || index + 1 == count { try progress(index + 1) }
    }
    hashed.stamps.withLock { $0 = stamps }
    return contents
  }

  func check(_ range: Range<Int>) throws {
    let stamps = hashed.stamps.withLock { $0 }
    for index in range where stamps.indices.contains(index) {
      let path = folder.path(index)
      guard FileStamp(path: path) == stamps[index] else { throw FileStamp.changed(path) }
    }
  }

  private static func content(_ path: String) -> ImageContent {
    do {
      let file = try ReadOnlyFile(path)
      let start = try file.bytes(0..<min(file.size, 16))
      let digest = SHA256Digest()
      try file.forEachChunk(of: 0..<file.size) { digest.update($0) }
      return ImageContent(
        hash: digest.hexadecimal(),
        format: ImageFormat(signature: start)?.rawValue ?? ImageContent.unknown)
    } catch {
      return ImageContent(
        hash: FileHash.sha256("unreadable".utf8), format: ImageContent.unknown)
    }
  }

  func decoder(_ range: Range<Int>) -> @Sendable (Int) -> Result<RGBImage, InputError> {
    { [folder] index in
      Result(subject: folder.path(index)) { try ImageDecoder.decode(path: folder.path(index)) }
    }
  }
}
