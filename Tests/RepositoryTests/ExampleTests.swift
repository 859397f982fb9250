import Foundation
import Testing

/// Examples/ToyFlow depends on the library products by path, as other packages do.
@Suite struct ExampleTests {
  @Test(.timeLimit(.minutes(10))) func toyFlowBuildsAndItsRefinerHelps() throws {
    let source = try Repository.text("Examples/ToyFlow/Sources/ToyFlow/ToyFlow.swift")
    #expect(source.split(separator: "\n", omittingEmptySubsequences: false).count <= 100)

    // A build folder of its own: this test's own build may hold a lock on the other one.
    let folder = "\(Repository.root)/.build-examples"
    // A plan kept from earlier does not notice files that are new in a package found by path.
    try? FileManager.default.removeItem(atPath: "\(folder)/debug.yaml")
    var environment = ProcessInfo.processInfo.environment
    environment["WARNINGS_AS_ERRORS"] = nil
    // Other tests run at the same time; one thread is enough for so small a network.
    environment["OMP_NUM_THREADS"] = "1"
    let build = try Repository.Run(
      "/usr/bin/env",
      ["swift", "build", "--package-path", "Examples/ToyFlow", "--scratch-path", folder],
      environment: environment)
    try #require(build.exitCode == 0, "\(build.output.suffix(4000))")

    let run = try Repository.Run("\(folder)/debug/ToyFlow", [], environment: environment)
    try #require(run.exitCode == 0, "\(run.output)")
    let lines = run.output.split(separator: "\n")
    let losses = lines.filter { $0.hasPrefix("step ") }.map(numbers)
    try #require(losses.count == 3 && losses.allSatisfy { $0.count == 3 }, "\(run.output)")
    #expect(losses[2][1] < losses[0][1], "the loss falls")
    #expect(losses.allSatisfy { $0[1] < 0.8 * $0[2] }, "and is below the zero refiner's")
    let errors = lines.filter { $0.contains("RMSE") }.compactMap { numbers($0).last }
    try #require(errors.count == 2, "\(run.output)")
    #expect(errors[1] < 0.5 * errors[0], "the refiner's samples are closer to the solution")
  }

  private func numbers(_ line: Substring) -> [Double] {
    line.split { $0 == " " || $0 == ":" || $0 == "," }.compactMap { Double($0) }
  }
}
