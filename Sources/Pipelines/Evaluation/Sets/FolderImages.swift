import Diagnostics
import Files
import Imaging

/// Image files of a folder.
struct FolderImages: ImageSequence {
  let folder: ImageFolder

  var count: Int { folder.images.count }

  func name(_ index: Int) -> String { folder.path(index) }

  /// The hashes are those of the files as they are stored: the same picture in another file is
  /// other content. A file that cannot be read has a content of its own, too; it is found
  /// broken when it is decoded.
  func contents(workers: Int, progress: (Int) throws -> Void) throws -> [ImageContent] {
    let prefetch = OrderedPrefetch(0..<count, workers: workers, lookahead: 4 * workers) {
      [folder] in Self.content(folder.path($0))
    }
    var contents: [ImageContent] = []
    contents.reserveCapacity(count)
    while let (index, content) = prefetch.next() {
      contents.append(content)
      if (index + 1).isMultiple(of: 64) || index + 1 == count { try progress(index + 1) }
    }
    return contents
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
