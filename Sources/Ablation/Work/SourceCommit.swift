import Foundation

/// The commit that the running program was built from, as far as it can be told: that of the
/// checkout that its file lies in.
enum SourceCommit {
  static let current: String? = {
    guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return nil }
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = [
      "git", "-C", (program as NSString).deletingLastPathComponent, "rev-parse", "HEAD",
    ]
    let output = Pipe()
    git.standardOutput = output
    git.standardError = FileHandle.nullDevice
    git.standardInput = FileHandle.nullDevice
    guard (try? git.run()) != nil else { return nil }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    git.waitUntilExit()
    let isCommit = text.count == 40 && text.allSatisfy(\.isHexDigit)
    return git.terminationStatus == 0 && isCommit ? text : nil
  }()
}
