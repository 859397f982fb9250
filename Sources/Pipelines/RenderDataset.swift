import Diagnostics
import Machine
import Solids

/// `flowturbo render-dataset`: JPEGs of solids in a folder per class.
public struct RenderDataset {
  private let options: RenderedSetOptions
  private let classes: [String]?
  private let workers: Int
  private let output: String
  private let observe: PipelineObserver

  /// - Parameters:
  ///   - classes: names of `SolidClass`; nil for all.
  ///   - workers: threads; nil for as many as compute. The images do not depend on it.
  public init(
    _ options: RenderedSetOptions, classes: [String]?, workers: Int?, output: String,
    observe: @escaping PipelineObserver
  ) {
    self.options = options
    self.classes = classes
    self.workers = workers ?? Threads.count
    self.output = output
    self.observe = observe
  }

  /// - Throws: ``Stopped`` where the user asked for it; `InputError` for an unknown class,
  ///   an impossible size or a folder that holds something else.
  public func run() throws {
    let parameters = try options.parameters(classes: classes?.map(Self.named))
    observe(.note("rendering \(parameters) to \(output)"))
    try SolidDataset.renderJPEGs(parameters, to: output, workers: workers, observe: observe)
    let total = parameters.perClass * parameters.classes.count
    observe(.note("\(output): \(total) images of \(parameters.classes.count) classes"))
  }

  private static func named(_ name: String) throws -> SolidClass {
    guard let solid = SolidClass(rawValue: name) else {
      throw InputError(
        "--classes", expected: SolidClass.allCases.map(\.rawValue).joined(separator: ", "),
        found: "'\(name)'")
    }
    return solid
  }
}
