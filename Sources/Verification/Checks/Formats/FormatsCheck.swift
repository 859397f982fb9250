import Checkpoints
import Diagnostics
import Files
import Foundation
import ModelFiles
import Models
import TensorGraph

/// Kind `formats`: files in every container, in a folder named after the fixture.
///
/// Every good file must hold the tensors of `cases.json`, byte for byte those that the fixture
/// stores, and the other values listed there. Every hostile one must be refused by one line that
/// names it, and reading any of them must take neither long nor more than 64 MiB beyond the
/// file's size. Results are `vae/mean` and `vae/decoded`, the same from every file of kind `vae`.
struct FormatsCheck: FixtureCheck {
  /// What reading a file may take beyond its size.
  private static let memoryLimit = 64 << 20
  private static let seconds = 20.0
  /// Python code that a reader must never run writes this file.
  private static let marker = "parity_hostile_marker.txt"

  private struct Settings: Decodable {
    let vae: AutoencoderSettings

    enum CodingKeys: String, CodingKey { case vae = "nano_vae" }
  }

  private let fixture: Fixture
  private let executor: any Executor
  private let folder: String
  private let cases: FormatCases

  /// Stored bytes are compared as bytes, among the other results.
  static func isInput(_ name: String) -> Bool {
    name.hasPrefix("good/") || ["vae/x", "vae/z"].contains(name)
  }

  static var checksMore: Bool { true }

  init(_ fixture: Fixture, executor: any Executor) throws {
    self.fixture = fixture
    self.executor = executor
    folder = URL(fileURLWithPath: fixture.path).deletingPathExtension().path
    cases = try FormatCases(path: "\(folder)/cases.json")
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    guard let file = cases.good.first(where: { $0.kind == "vae" }) else { return [:] }
    return try autoencoder(file.file)
  }

  func otherResults() throws -> [CheckResult] {
    let known = Set(cases.good.flatMap { $0.tensors.compactMap(\.expected) })
    let unlisted = fixture.names.filter { $0.hasPrefix("good/") && !known.contains($0) }
    return try cases.good.flatMap(results(of:)) + autoencoderResults()
      + cases.hostile.map(result(of:))
      + unlisted.map { CheckResult($0, failure: "no file of cases.json holds it") }
      + [
        CheckResult(
          Self.marker,
          failure: FileManager.default.fileExists(atPath: Self.marker)
            ? "exists: code of a hostile file was run" : nil)
      ]
  }

  // MARK: - Good files

  private func results(of good: FormatCases.Good) -> [CheckResult] {
    let file: any TensorFile
    do {
      file = try TensorFiles.open("\(folder)/\(good.file)")
    } catch {
      return [CheckResult(good.file, failure: "\(error)")]
    }
    var failure: String?
    if file.format.fixtureName != good.kind, good.kind != "vae" {
      failure = "is read as \(file.format.rawValue), should be \(good.kind)"
    }
    let surplus = Set(file.names).subtracting(good.tensors.map(\.name)).sorted()
    if !surplus.isEmpty { failure = "holds tensors that it should not: \(surplus)" }
    return [CheckResult(good.file, failure: failure)]
      + good.tensors.map { tensor in
        CheckResult("\(good.file):\(tensor.name)", failure: fault(of: tensor, in: file))
      }
      + good.values.map { leaf in
        CheckResult("\(good.file):\(leaf.name)", failure: fault(of: leaf, in: file))
      }
  }

  private func fault(of tensor: FormatCases.Tensor, in file: any TensorFile) -> String? {
    do {
      let info = try file.info(tensor.name)
      guard info.type.numPyName == tensor.dtype, info.shape == tensor.shape else {
        return "is \(info.type.numPyName) \(info.shape), should be \(tensor.dtype) \(tensor.shape)"
      }
      let bytes = try file.bytes(tensor.name)
      guard FileHash.sha256(bytes) == tensor.sha256 else { return "other bytes than its hash" }
      if let expected = tensor.expected, try fixture.file.bytes(expected) != bytes {
        return "other bytes than the fixture's '\(expected)'"
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func fault(of leaf: FormatCases.Leaf, in file: any TensorFile) -> String? {
    guard let file = file as? TorchFile else {
      // Other containers hold nothing but tensors.
      return leaf.name.isEmpty && file.names.isEmpty ? nil : "only PyTorch's files hold such"
    }
    guard let found = file.values.first(where: { $0.name == leaf.name }) else {
      return "is missing"
    }
    return leaf.equals(found.value) ? nil : "is \(found.value), should be \(leaf.value)"
  }

  // MARK: - Hostile files

  private func result(of hostile: FormatCases.Hostile) throws -> CheckResult {
    let path = "\(folder)/\(hostile.file)"
    let size = try ReadOnlyFile(path).size
    var refusal: (any Error)?
    var (memory, took) = (Int.max, 0.0)
    // What reading takes it takes each time; what else the process does comes and goes.
    for _ in 0..<3 where memory > size + Self.memoryLimit {
      refusal = nil
      let started = ContinuousClock.now
      let growth = try PeakMemory.growth {
        do { try Self.readWhole(path) } catch { refusal = error }
      }
      took = (ContinuousClock.now - started) / .seconds(1)
      memory = min(memory, growth)
    }
    var failure: String?
    switch refusal {
    case let error as InputError:
      let text = error.description
      if text.contains("\n") || !text.contains(path) {
        failure = "is refused by a message that is not one line or does not name it: \(text)"
      }
    case let error?: failure = "ends in an error that is no message: \(error)"
    case nil where hostile.expect == .refuse: failure = "is read all the same: \(hostile.why)"
    case nil: break
    }
    if memory > size + Self.memoryLimit {
      failure = "takes \(memory >> 20) MiB beyond what was in use; allowed are 64 and its size"
    }
    if took > Self.seconds { failure = "takes \(took) s" }
    return CheckResult(hostile.file, failure: failure)
  }

  /// Opens a file and reads every tensor once.
  private static func readWhole(_ path: String) throws {
    let file = try TensorFiles.open(path)
    for name in file.names { try file.forEachChunk(of: name) { _ in } }
  }

  // MARK: - Autoencoders

  private func autoencoderResults() throws -> [CheckResult] {
    try cases.good.filter { $0.kind == "vae" }.dropFirst().flatMap { good in
      let outputs: [String: ComputedTensor]
      do {
        outputs = try autoencoder(good.file)
      } catch {
        return [CheckResult("\(good.file):vae", failure: "\(error)")]
      }
      return try outputs.sorted { $0.key < $1.key }.map { name, actual in
        CheckResult(
          "\(good.file):\(name)", actual: actual, expected: try fixture.expected(name),
          fixture.tolerance(name) ?? .exact)
      }
    }
  }

  private func autoencoder(_ file: String) throws -> [String: ComputedTensor] {
    let described = try fixture.configuration(Settings.self).vae.configuration()
    let weightFile = try ModelFile(path: "\(folder)/\(file)")
    let (configuration, selection) = try weightFile.autoencoder(
      stated: StatedAutoencoder(described))
    let model = try AutoencoderKL(configuration)
    let weights = try weightFile.read(selection)
    var outputs: [String: ComputedTensor] = [:]
    for (result, input) in [("vae/mean", "vae/x"), ("vae/decoded", "vae/z")]
    where fixture.contains(result) {
      let (graph, given) = (Graph(), try fixture.input(input))
      let x = try graph.input("x", given.shape)
      graph.output("y", try result == "vae/mean" ? model.encode(x).mean : model.decode(x))
      let values = try executor.compile(graph, variables: weights, frozen: true).run(["x": given])
      outputs[result] = values["y"].map { ComputedTensor($0) }
    }
    return outputs
  }
}

extension FormatCases.Leaf {
  fileprivate func equals(_ found: TorchValue.Value) -> Bool {
    switch (type, found, value) {
    case ("NoneType", .none, .null): true
    case ("bool", .bool(let a), .bool(let b)): a == b
    case ("int", .int(let a), .integer(let b)): a == b
    case ("int", .longInteger(let a), .text(let b)): a == b
    case ("float", .float(let a), .number(let b)): a == b
    case ("float", .float(let a), .integer(let b)): a == Double(b)
    case ("str", .string(let a), .text(let b)): a == b
    case ("list", .emptyList, .empty), ("tuple", .emptyTuple, .empty): true
    case ("dict", .emptyDictionary, .empty), ("set", .emptySet, .empty): true
    default: false
    }
  }
}
