import Checkpoints
import Diagnostics
import Files
import TensorGraph

extension TensorFile {
  /// The tensor as binary32 for a program. Binary32 elements that lie in the file as memory
  /// wants them are mapped, not copied; others are converted piece by piece, so that loading
  /// takes no more memory than the result and a megabyte.
  /// - Parameter shape: what the tensor is to be seen as, of as many elements.
  public func hostTensor(_ name: String, shape: Shape) throws -> HostTensor {
    if let view = mappedTensor(name, shape: shape) { return view }
    let tensor = HostTensor(shape: shape)
    try read(name, into: tensor.floats)
    return tensor
  }

  private func mappedTensor(_ name: String, shape: Shape) -> HostTensor? {
    guard UInt32(1).littleEndian == 1, tensor(named: name)?.type == .float32,
      let range = plainRange(of: name), range.count == 4 * shape.elementCount,
      range.lowerBound.isMultiple(of: 4), !range.isEmpty, range.upperBound <= file.size,
      let map = file.mapped
    else { return nil }
    return HostTensor(
      TensorType(shape), bytes: UnsafeMutableRawBufferPointer(rebasing: map.bytes[range]),
      owner: map)
  }
}
