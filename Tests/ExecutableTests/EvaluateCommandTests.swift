import Checkpoints
import Foundation
import Imaging
import PipelinesTestSupport
import Testing

/// `flowturbo evaluate` as users start it.
@Suite(.serialized) struct EvaluateCommandTests {
  /// `real` and `fake` with images of 8 × 8 pixels, and `features.safetensors`.
  private func place(_ count: Int = 12) throws -> Workplace {
    let place = try Workplace()
    _ = try TinyModels(in: place.folder)
    for (set, factor) in [("real", 7), ("fake", 11)] {
      for number in 0..<count {
        try ImageEncoder.writePNG(
          RGBImage(width: 8, height: 8, pixels: Self.pixels(number, factor)),
          to: place.path("\(set)/" + String(format: "%05d.png", number)))
      }
    }
    return place
  }

  private static func pixels(_ number: Int, _ factor: Int) -> [UInt8] {
    (0..<192).map { index in
      UInt8(truncatingIfNeeded: index * factor + number * (13 + index % 3) + index / 7)
    }
  }

  private static let sets = ["evaluate", "--reference", "real", "--samples", "fake"]
  private static let weights = ["--weights", "features.safetensors"]

  @Test func helpNamesTheFlags() throws {
    let help = try Workplace().succeed(.flowturbo, ["evaluate", "--help"]).output
    for flag in [
      "--config", "--set", "--reference", "--samples", "--protocol", "--weights", "--metrics",
      "--output", "--json", "--save-statistics", "--cache", "--batch", "--seed", "--per-class",
      "--bootstrap", "--strict", "--max-broken",
    ] {
      #expect(help.contains(flag), "\(flag)")
    }
    #expect(help.contains("flowturbo evaluate --reference VIRTUAL_imagenet256_labeled.npz"))
  }

  @Test func missingWeightsSayWhichFileAndWhereFrom() throws {
    let place = try place(3)
    for more in [[], ["--weights", "weights/nowhere.pth"]] {
      let ending = try place.run(.flowturbo, Self.sets + more)
      #expect(ending.code == 2)
      let lines = ending.errors.split(separator: "\n")
      #expect(lines.count == 1, "\(ending.errors)")
      for text in [
        "pt_inception-2015-12-05-6726825d.pth", "--weights", "docs/weights.md", "pytorch-fid",
      ] {
        #expect(ending.errors.contains(text), "\(ending.errors)")
      }
      #expect(ending.errors.contains("nowhere.pth") == !more.isEmpty)
    }
    #expect(!place.exists("runs"))
  }

  @Test(arguments: [
    (["--metrics", "fid,fib"], "fib"), (["--protocol", "pytorch"], "pytorch-fid"),
    (["--samples", "empty"], "empty"), (["--samples", "absent"], "absent"),
    (["--bootstrap", "1"], "bootstrap"), (["--set", "evaluate.metrix=[]"], "evaluate.metrics"),
    (["--save-statistics", "out.npy"], "npz"), (["--protocol", "adm"], "a feature network"),
    (["--weights", "vae.safetensors"], "vae.safetensors"), (["--per-class"], "labels"),
    (["--metrics", "kid", "--reference", "statistics.npz"], "kid"),
  ])
  func mistakesAreNamed(_ more: [String], _ text: String) throws {
    let place = try place(4)
    try FileManager.default.createDirectory(
      atPath: place.path("empty"), withIntermediateDirectories: true)
    if more.contains("statistics.npz") {
      try place.succeed(
        .flowturbo,
        ["evaluate", "--samples", "real", "--save-statistics", "statistics.npz"] + Self.weights)
    }
    // The last of a repeated flag counts.
    let ending = try place.run(.flowturbo, Self.sets + Self.weights + more)
    #expect(ending.code == 2, "\(ending.errors)")
    #expect(ending.errors.contains(text), "\(ending.errors)")
  }

  @Test func nothingToEvaluateIsWrongUsage() throws {
    let ending = try Workplace().run(.flowturbo, ["evaluate", "--reference", "real"])
    #expect(ending.code == 2)
    #expect(ending.errors.contains("--samples"))
  }

  @Test func jsonAloneStandsOnStandardOutput() throws {
    let place = try place()
    let command =
      Self.sets + Self.weights + ["--json", "--output", "results.h5", "--bootstrap", "20"]
    let first = try place.succeed(.flowturbo, command)
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    #expect(object["evaluationProtocol"] as? String == "features")
    let results = try #require(object["results"] as? [[String: Any]])
    let names = results.compactMap { $0["name"] as? String }
    #expect(
      names == ["fid[tiny-features]", "precision[tiny-features]", "recall[tiny-features]"])
    #expect(results.first?["lower"] is Double)
    #expect(first.errors.contains("fewer than 10000"))
    #expect(first.errors.contains("fid[tiny-features]"))
    let file = try Data(contentsOf: URL(fileURLWithPath: place.path("results.h5")))
    #expect(file.starts(with: [0x89, 0x48, 0x44, 0x46]))

    // Again, from the cache, from a configuration: the same bytes.
    try FileManager.default.removeItem(atPath: place.path("results.h5"))
    try place.write(
      """
      output: results.h5
      evaluate:
        reference: real
        samples: fake
        weights: features.safetensors
        bootstrap: 20
      """, to: "evaluate.yaml")
    let second = try place.succeed(
      .flowturbo, ["evaluate", "--config", "evaluate.yaml", "--json"])
    #expect(second.output == first.output)
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("results.h5"))) == file)
    #expect(second.errors.contains("features of 12 images from runs/features-cache/"))
  }

  /// The features of 1200 images are three parts.
  @Test(arguments: [SIGKILL, SIGTERM])
  func disturbedRunsEndWithTheSameBytes(_ signal: Int32) throws {
    let command =
      [
        "evaluate", "--samples", "fake.npz", "--save-statistics", "s.npz", "--output", "r.h5",
        "--batch", "256",
      ] + Self.weights
    func manyImages() throws -> Workplace {
      let place = try self.place(0)
      try NPZWriter.write(to: place.path("fake.npz"), shape: [1200, 8, 8, 3]) { npz in
        for number in 0..<1200 { try npz.append(Self.pixels(number, 11)) }
      }
      return place
    }
    let undisturbed = try manyImages()
    try undisturbed.succeed(.flowturbo, command)
    let place = try manyImages()
    let running = try place.start(.flowturbo, command)
    func parts() -> [String] {
      let cache = place.path("runs/features-cache")
      return ((try? FileManager.default.subpathsOfDirectory(atPath: cache)) ?? []).filter {
        $0.contains("/part-") && !$0.contains(".tmp-")
      }
    }
    running.wait { !parts().isEmpty }
    running.send(signal)
    let ending = running.ending()
    #expect([0, signal == SIGKILL ? -SIGKILL : 3].contains(ending.code), "\(ending.errors)")
    if ending.code == 3 { #expect(ending.errors.contains("repeat the command to go on")) }
    if ending.code != 0 { #expect(!place.exists("r.h5")) }
    let again = try place.succeed(.flowturbo, command)
    if ending.code == 3 {
      #expect(again.output.contains("of 1200 images were done earlier"))
    }
    let cache = try FileManager.default.contentsOfDirectory(
      atPath: undisturbed.path("runs/features-cache"))
    #expect(cache.count == 1)
    try expectEqualFiles(
      ["s.npz", "r.h5"] + cache.map { "runs/features-cache/\($0)" }, undisturbed, place)
  }
}
