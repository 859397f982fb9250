import Imaging
import Storage
import TensorGraph

/// A network that turns images into the numbers that metrics compare. Another one, such as
/// DINOv2, is another type of this kind; metrics, caches and results need no change.
public protocol FeatureExtractor {
  /// What results and caches call the network, such as `inception-v3`: lower-case letters,
  /// digits and hyphens.
  var name: String { get }
  /// How images become the network's input.
  var preparation: ImagePreparation { get }
  /// SHA-256 of the weights.
  var weightsHash: String { get }
  /// Images that it runs on at a time; another number changes features by rounding only.
  var batch: Int { get }
  /// The shape of a batch: `batch` times the numbers of a prepared image.
  var inputShape: Shape { get }

  /// Numbers per image; 0 for what the network does not give.
  func dimensions(of column: FeatureColumn) -> Int

  /// - Parameter images: of ``inputShape``, `batch` prepared images one after the other; rows of images that are
  ///   missing are 0.
  /// - Returns: (batch, dimensions) of every column that the network gives, row-major.
  func extract(_ images: HostTensor) throws -> [FeatureColumn: HostTensor]
}

/// How an image becomes a network's input: what features depend on besides the weights.
public struct ImagePreparation: Sendable {
  /// What results and caches call it, such as `adm`: lower-case letters, digits and hyphens.
  public let name: String
  /// Side in pixels of what the network is shown.
  public let side: Int
  private let prepare: @Sendable (RGBImage, UnsafeMutableBufferPointer<Float>) -> Void

  /// - Parameter prepare: fills 3·side² numbers; called on several threads at once.
  public init(
    _ name: String, side: Int,
    prepare: @escaping @Sendable (RGBImage, UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    self.name = name
    self.side = side
    self.prepare = prepare
  }

  /// Numbers of a prepared image.
  public var count: Int { 3 * side * side }

  public func callAsFunction(_ image: RGBImage) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      prepare(image, UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }
}

/// A compiled network whose outputs are named after the columns.
struct FeatureProgram {
  private let program: any Program

  /// - Parameter columns: what the graph's outputs are of.
  init(
    _ graph: Graph, _ columns: [FeatureColumn: Tensor], variables: [String: HostTensor],
    executor: any Executor
  ) throws {
    for (column, tensor) in columns.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      graph.output(column.rawValue, tensor)
    }
    program = try executor.compile(graph, variables: variables, frozen: true)
  }

  static let input = "images"

  func callAsFunction(_ images: HostTensor) throws -> [FeatureColumn: HostTensor] {
    let outputs = try program.run([Self.input: images])
    var result: [FeatureColumn: HostTensor] = [:]
    for column in FeatureColumn.allCases { result[column] = outputs[column.rawValue] }
    return result
  }
}

extension Precision {
  /// What features in this precision add to the name of their preparation: they are cached
  /// apart, and not compared with features in another.
  var suffix: String { self == .float32 ? "" : "-\(rawValue)" }
}

extension FeatureInput {
  /// What features of images shown in this way are called where they are computed in `precision`.
  func preparation(_ precision: Precision) -> String { rawValue + precision.suffix }

  /// Whether features called so were computed of images shown in this way, in any precision.
  public func isPreparation(_ name: String) -> Bool {
    Precision.allCases.contains { name == preparation($0) }
  }
}
