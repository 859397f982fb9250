import Checkpoints
import Diagnostics
import Files
import TensorGraph

extension TensorFile {
  /// The tensor as binary32 for a program. Binary32 elements that lie in the file as memory
  /// wants them are mapped, not copied; others are converted piece by piece, so that loading
  /// takes no more memory than the result and a megabyte.
  /// - Parameter shape: what the tensor is to be seen as, of as many elements.
  /// - Throws: `InputError` also where an element is NaN or infinite: it would only show in
  ///   what the network gives, far from here.
  public func hostTensor(_ name: String, shape: Shape) throws -> HostTensor {
    let tensor: HostTensor
    if let view = mappedTensor(name, shape: shape) {
      tensor = view
    } else {
      tensor = HostTensor(shape: shape)
      try read(name, into: tensor.floats)
    }
    if let place = UnsafeBufferPointer(tensor.floats).firstNonFinite {
      throw InputError(
        "\(path): tensor '\(name)'", expected: "finite numbers",
        found: "\(tensor.floats[place]) in element \(place)",
        remedy: "the file is damaged, or its training went wrong: copy it again, or take another")
    }
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
