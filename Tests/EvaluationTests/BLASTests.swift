import COpenBLAS
import Foundation
import Testing

@Suite struct BLASTests {
  @Test(
    arguments: [
      (true, nil, "SkylakeX"), (true, "Haswell", nil), (true, "", nil), (false, nil, nil),
      (false, "Haswell", nil),
    ] as [(Bool, String?, String?)])
  func kernelsAreAskedForWhereTheUserHasNot(hasAVX512: Bool, chosen: String?, expected: String?) {
    let core = copenblas_core_to_ask_for(hasAVX512, chosen)
    #expect(core.map { String(cString: $0) } == expected)
  }

  /// The library as a new process finds it.
  private static func host(_ variables: [String: String]) throws -> (
    core: String, threads: Int, environment: String
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
      .deletingLastPathComponent().appending(path: "openblas-host")
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("OPENBLAS_") }
    environment.merge(variables) { _, new in new }
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let words = String(decoding: output, as: UTF8.self)
      .trimmingCharacters(in: .newlines).components(separatedBy: " ")
    return (words[0], Int(words[1]) ?? -1, words.dropFirst(2).joined(separator: " "))
  }

  @Test func theLibraryTakesWhatItIsAskedFor() throws {
    let own = try Self.host([:])
    if copenblas_has_avx512() { #expect(own.core.lowercased() == "skylakex") }
    #expect(own.environment == "")
    #if arch(x86_64)
      let stated = try Self.host(["OPENBLAS_CORETYPE": "Nehalem"])
      #expect(stated.core.lowercased() == "nehalem")
      #expect(stated.environment == "OPENBLAS_CORETYPE=Nehalem")
    #endif
  }

  @Test func theLibraryStartsNoThreads() throws {
    let own = try Self.host([:])
    let pool = try Self.host(["OPENBLAS_NUM_THREADS": "3"])
    // A machine of one core has no pool either way.
    if ProcessInfo.processInfo.activeProcessorCount > 1 { #expect(pool.threads > own.threads) }
  }
}
