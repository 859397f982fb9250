import CPUExecutor
import Diagnostics
import TensorGraph

/// Repeats what a fixture holds and compares every number.
public struct FixtureVerifier {
  private let executor: any Executor
  private let precision: Precision

  /// - Parameter precision: what models multiply in.
  public init(precision: Precision = .float32) {
    self.init(executor: CPUExecutor(precision: precision), precision: precision)
  }

  /// - Parameter executor: what models run on, in float32.
  public init(executor: any Executor) { self.init(executor: executor, precision: .float32) }

  private init(executor: any Executor, precision: Precision) {
    self.executor = executor
    self.precision = precision
  }

  /// - Throws: `InputError` that begins with the path, where the file cannot be read, is of
  ///   an unknown kind or is malformed. A wrong number is no error but a result that does not
  ///   pass.
  public func verify(path: String) throws -> FixtureReport {
    do {
      return try report(of: Fixture(path: path))
    } catch let error as InputError where error.description.hasPrefix("\(path):") {
      throw error
    } catch let error as InvalidField {
      throw InputError("\(path): metadata 'config', config: \(error)")
    } catch let error as ShapeError {
      throw InputError("\(path): its tensors do not fit its configuration: \(error)")
    } catch {
      throw InputError("\(path): \(error)")
    }
  }

  private func report(of fixture: Fixture) throws -> FixtureReport {
    guard let kind = FixtureKinds.all[fixture.kind] else {
      throw InputError(
        "\(fixture.path): unknown kind '\(fixture.kind.prefix(60))'; known kinds: "
          + FixtureKinds.all.keys.sorted().joined(separator: ", "))
    }
    // A tensor with a tolerance is a result, whatever its name.
    let names = fixture.names.filter {
      fixture.tolerance($0) != nil || !kind.isInput($0)
    }
    guard !names.isEmpty || kind.checksMore else {
      throw InputError(
        fixture.path, expected: "at least one result to compare with", found: "inputs alone")
    }
    let share = precision == .bfloat16 ? kind.bfloat16Tolerance : nil
    // Kinds that only show that weights were understood stay in float32.
    let isFloat32 = precision == .bfloat16 && share == nil
    let check = try kind.init(fixture, executor: isFloat32 ? CPUExecutor() : executor)
    let computed = try check.outputs(names)
    func tolerance(_ name: String) throws -> Tolerance {
      let own = fixture.tolerance(name) ?? .exact
      guard let share else { return own }
      let scale = kind.bfloat16Scale(name)
      let values = try fixture.expected(names.contains(scale) ? scale : name).values
      return own.bfloat16(share * values.rootMeanSquare)
    }
    let results = try names.map { name in
      let actual =
        computed[name]
        ?? ComputedTensor(fault: "nothing computes it: fixtures '\(fixture.kind)' have no such")
      return CheckResult(
        name, actual: actual, expected: try fixture.expected(name),
        try tolerance(name))
    }
    return FixtureReport(
      path: fixture.path, kind: fixture.kind, results: results + (try check.otherResults()))
  }
}

/// What came out for one fixture.
public struct FixtureReport: Sendable {
  public let path: String
  public let kind: String
  /// One for each stored result, in the order of names; then others.
  public let results: [CheckResult]

  public var passes: Bool { results.allSatisfy(\.passes) }
}
