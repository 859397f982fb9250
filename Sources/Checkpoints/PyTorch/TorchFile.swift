import Diagnostics
import Files

/// A file of `torch.save`, with or without zip, or of `torch.jit.save`, open for reading. Its
/// pickle is read and checked whole when it is opened, by `PickleReader`, which cannot run
/// anything; code in the file is not looked at. Tensors are then read as they are asked for.
///
/// Names are the keys of dictionaries and the indices of lists, joined by slashes, as in
/// `ema/blocks.0.attn.qkv.weight`; those of scripted modules are joined by dots.
///
/// Beyond damage and what a pickle may not name, these are refused: complex and quantised numbers,
/// compressed storages, a tensor that repeats its elements to more than 64 MiB, and files
/// without any tensor.
public final class TorchFile: TensorFile {
  public let format: CheckpointFormat
  public let metadata: [String: String]
  /// What is in the file beside tensors: settings, step counts. Order and repetitions are as in
  /// the file.
  public var values: [TorchValue] { contents.values }
  private let contents: TorchContents
  public let file: ReadOnlyFile

  init(
    _ contents: TorchContents, file: ReadOnlyFile, format: CheckpointFormat,
    metadata: [String: String]
  ) {
    self.contents = contents
    self.file = file
    self.format = format
    self.metadata = metadata
  }

  public var path: String { file.path }
  public var names: [String] { contents.names }

  public func tensor(named name: String) -> StoredTensor? { contents.entries[name]?.tensor }

  public func plainRange(of name: String) -> Range<Int>? {
    guard let layout = contents.entries[name]?.layout, !layout.isSwapped else { return nil }
    return layout.contiguousRange
  }

  public func forEachChunk(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    _ = try info(name)
    try contents.entries[name]?.layout.forEachChunk(in: file, body)
  }
}
