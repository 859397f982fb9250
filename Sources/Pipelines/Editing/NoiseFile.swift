import Checkpoints
import Diagnostics
import Files
import TensorGraph

/// Noise that `invert` has written: rows of latents at t = 0.
struct NoiseFile {
  let path: String
  /// Of the file.
  let sha256: String
  let count: Int
  private let file: any TensorFile
  private let values: [Float]
  private let length: Int

  /// - Parameter shape: of one latent.
  /// - Throws: `InputError` where the file holds no finite noise of this shape, or fewer than
  ///   `rows` rows.
  init(_ path: String, shape: Shape, rows: Int) throws {
    self.path = path
    file = try TensorFiles.open(path)
    sha256 = try FileHash.sha256(of: file.file)
    let tensor = try file.info(SampleTensors.noise)
    guard tensor.shape.count == shape.rank + 1, Array(tensor.shape.dropFirst()) == shape.dimensions
    else {
      throw InputError(
        "\(path): tensor '\(SampleTensors.noise)'",
        expected: "rows of shape \(shape), as the predictor takes them", found: "\(tensor.shape)")
    }
    count = tensor.shape[0]
    length = shape.elementCount
    guard count >= rows else {
      throw InputError(
        "\(path): tensor '\(SampleTensors.noise)'", expected: "at least \(rows) rows",
        found: "\(count)")
    }
    values = try file.floats(SampleTensors.noise)
    guard values.allSatisfy(\.isFinite) else {
      throw InputError(
        "\(path): tensor '\(SampleTensors.noise)'", expected: "finite numbers",
        found: "NaN or infinities")
    }
  }

  /// - Precondition: `index` is one of the rows.
  func row(_ index: Int) -> [Float] { Array(values[index * length..<(index + 1) * length]) }
}
