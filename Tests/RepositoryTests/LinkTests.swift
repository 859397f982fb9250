import Foundation
import Testing

/// Relative links in the texts lead to files of the repository.
@Suite struct LinkTests {
  private static func links(_ text: String) -> [String] {
    text.split(separator: "](").dropFirst().compactMap { $0.split(separator: ")").first }
      .map { String($0.prefix { $0 != "#" }) }
      .filter { !$0.isEmpty && !$0.contains("://") }
  }

  @Test func everyLinkLeadsSomewhere() throws {
    var count = 0
    for folder in [
      "", "docs/", "data/quickstart/", "experiments/", "experiments/curvature/",
      "experiments/performance/",
    ] {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: "\(Repository.root)/\(folder)")
      for name in names where name.hasSuffix(".md") {
        for link in Self.links(try Repository.text(folder + name)) {
          count += 1
          #expect(
            FileManager.default.fileExists(atPath: "\(Repository.root)/\(folder)\(link)"),
            "\(folder)\(name): \(link) is not there")
        }
      }
    }
    #expect(count > 10)
  }

  @Test func linksAreFound() {
    #expect(Self.links("[a](b.md) and [c](d/e.md#f), [g](https://h)") == ["b.md", "d/e.md"])
  }
}
