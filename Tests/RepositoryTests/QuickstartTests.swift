import Foundation
import Testing

/// What the quickstart ships, and its settings that several files repeat.
@Suite struct QuickstartTests {
  @Test func shippedWeightsAreThereAndSmall() throws {
    let sizes = try ["vae", "predictor", "refiner", "features"].map { name in
      let path = "\(Repository.root)/data/quickstart/\(name).safetensors"
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return try #require(attributes[.size] as? Int)
    }
    #expect(sizes.allSatisfy { $0 > 0 })
    #expect(sizes.reduce(0, +) <= 20_000_000)
    #expect(sizes[3] <= 4_000_000)
  }

  /// The keys below the first `render:` of a configuration.
  private func render(_ path: String) throws -> [String: String] {
    let lines = try Repository.text(path).components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.drop { $0 == " " }.hasPrefix("render:") })
    let indent = lines[start].prefix { $0 == " " }.count
    var values: [String: String] = [:]
    for line in lines[(start + 1)...] {
      guard line.prefix(while: { $0 == " " }).count > indent else { break }
      let parts = line.split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2 { values[parts[0]] = parts[1] }
    }
    return values
  }

  @Test func renderSettingsAgree() throws {
    let expected = ["perClass": "400", "size": "64", "seed": "0", "quality": "95"]
    #expect(try render("configs/quickstart/encode.yaml") == expected)
    #expect(try render("configs/quickstart/refiner.yaml") == expected)

    let script = try Repository.text("scripts/quickstart.sh")
    let words = script.split { " \n\\".contains($0) }.map(String.init)
    for (flag, key) in [
      ("--per-class", "perClass"), ("--size", "size"), ("--seed", "seed"),
      ("--quality", "quality"),
    ] {
      let place = try #require(words.firstIndex(of: flag), "\(flag)")
      #expect(words.dropFirst(place + 1).first == expected[key], "\(flag)")
    }
  }
}
