import Checkpoints
import Foundation
import Imaging
import Testing

@testable import Verification

/// Fixtures of images, made here; the numbers of Pillow are the Imaging tests' business.
@Suite struct ImageFixtureTests {
  private let image = RGBImage(width: 3, height: 2, pixels: (0..<18).map { UInt8($0 * 11) })

  /// Stores the image as `name` in `folder` and returns it.
  private func put(_ name: String, in folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try ImageEncoder.writePNG(image, to: "\(folder)/\(name)")
  }

  /// Everything that is known of the image without another implementation.
  private func fixture(case name: String, images: String) -> EditedFixture {
    var fixture = EditedFixture(kind: "center_crop", config: ["images_dir": images])
    fixture.tensors["size/\(name)"] = TensorRecord("size/\(name)", shape: [2], integers: [3, 2])
    fixture.store("rgb/\(name)", [2, 3, 3], pixels: image.pixels)
    fixture.store("top/\(name)", [1, 3, 3], pixels: Array(image.pixels.prefix(9)))
    fixture.store("mean/\(name)", [3], [82.5, 93.5, 104.5])
    return fixture
  }

  @Test(arguments: [
    ("a_b_12", "photos/a_b/a_b_12.JPEG"), ("other", "photos/deep/other.png"),
    ("one_pixel", "edge/one_pixel.JPEG"), ("flat", "photos/flat.jpeg"),
  ])
  func imagesAreFoundInEveryLayout(name: String, path: String) throws {
    let report = try fixture(case: name, images: "photos").verify { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/photos", withIntermediateDirectories: true)
      let url = URL(fileURLWithPath: "\(folder)/\(path)")
      try put(url.lastPathComponent, in: url.deletingLastPathComponent().path)
    }
    #expect(report.results.count == 4)
    #expect(report.failing == [])
  }

  @Test func aWrongPixelFails() throws {
    var fixture = fixture(case: "n_1", images: "../photos")
    var pixels = image.pixels
    pixels[5] += 1
    fixture.store("rgb/n_1", [2, 3, 3], pixels: pixels)
    fixture.metadata["config"] = ["images_dir": "photos"]
    #expect(
      try fixture.verify { try put("n_1.JPEG", in: "\($0)/photos/n") }.failing == ["rgb/n_1"])
    fixture.tolerate("rgb/n_1", ["atol": 1, "rtol": 0])
    #expect(try fixture.verify { try put("n_1.JPEG", in: "\($0)/photos/n") }.failing == [])
  }

  @Test func aCropWithoutPixelsFails() throws {
    var fixture = fixture(case: "n_1", images: "photos")
    fixture.store("crop0/n_1", [0, 0, 3], pixels: [])
    #expect(
      try fixture.verify { try put("n_1.JPEG", in: "\($0)/photos/n") }.failing == ["crop0/n_1"])
  }

  @Test func whatCannotBeDecodedFailsAndWhatIsMissingIsAnError() throws {
    let fixture = fixture(case: "n_1", images: "photos")
    let report = try fixture.verify { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/photos/n", withIntermediateDirectories: true)
      try Data("no image".utf8).write(to: URL(fileURLWithPath: "\(folder)/photos/n/n_1.JPEG"))
    }
    #expect(report.failing.count == 4)
    expectInputError("'photos'") { _ = try fixture.verify() }
    expectInputError("'n_1'") {
      _ = try fixture.verify { try put("n_2.JPEG", in: "\($0)/photos/n") }
    }
    expectInputError("'n_1'", "one file") {
      _ = try fixture.verify {
        try put("n_1.png", in: "\($0)/photos/a")
        try put("n_1.png", in: "\($0)/photos/b")
      }
    }
  }

  @Test func brokenFilesMustBeRefused() throws {
    var fixture = fixture(case: "n_1", images: "photos")
    fixture.configure { $0["broken"] = ["text.JPEG": "", "whole.JPEG": "", "gone.JPEG": ""] }
    let report = try fixture.verify { folder in
      try put("n_1.JPEG", in: "\(folder)/photos/n")
      try put("whole.JPEG", in: "\(folder)/broken")
      try Data("no image".utf8).write(to: URL(fileURLWithPath: "\(folder)/broken/text.JPEG"))
    }
    #expect(report.results.count == 7)
    #expect(report.failing == ["broken/gone.JPEG", "broken/whole.JPEG"])
    // Without the folder there is nothing to look at.
    #expect(try fixture.verify { try put("n_1.JPEG", in: "\($0)/photos/n") }.passes)
  }

  @Test func arraysOfAnyChannelsAreResampled() throws {
    var fixture = EditedFixture(kind: "resample", config: [:])
    fixture.store("in/grey", [2, 4], pixels: [10, 20, 30, 40, 30, 40, 50, 60])
    fixture.store("box/grey", [1, 2], pixels: [25, 45])
    fixture.store("bicubic/grey/4x2", [2, 4], pixels: [10, 20, 30, 40, 30, 40, 50, 60])
    fixture.store("crop/grey/2", [2, 2], pixels: [20, 30, 40, 50])
    fixture.store("in/two", [2, 2, 2], pixels: [0, 8, 2, 8, 4, 8, 6, 8])
    fixture.store("box/two", [1, 1, 2], pixels: [3, 8])
    #expect(try fixture.verify().failing == [])

    fixture.store("box/two", [1, 1, 2], pixels: [3, 9])
    fixture.store("crop/grey/9", [2, 2], pixels: [0, 0, 0, 0])
    fixture.store("lanczos/grey/2x1", [1, 2], pixels: [0, 0])
    #expect(try fixture.verify().failing == ["box/two", "crop/grey/9", "lanczos/grey/2x1"])
    fixture.store("box/three", [1, 1], pixels: [1])
    expectInputError("'in/three'") { _ = try fixture.verify() }
  }
}
