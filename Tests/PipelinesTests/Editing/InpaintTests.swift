import Diagnostics
import Imaging
import PipelinesTestSupport
import Testing

@testable import Pipelines

@Suite struct InpaintTests {
  @Test(arguments: ["H2P1R1", "P3", "unipc2:4", "sde:4"])
  func aBlackMaskKeepsTheImages(plan: String) throws {
    try withPlace { place in
      let mask = try place.mask("black", 0) { _, _ in false }
      try place.inpaint(
        "out", masks: "[\(mask)]", plan: plan, ["input.images=[\(place.pictures)/a]"])
      for index in 0..<2 { #expect(try place.image("out", index) == place.crop(index)) }
    }
  }

  @Test(arguments: ["H2P1R1", "rk4:2"])
  func aWhiteMaskPaintsAll(plan: String) throws {
    try withPlace { place in
      let mask = try place.mask("white", 0) { _, _ in true }
      let images = ["input.images=[\(place.pictures)/a]"]
      try place.inpaint("out", masks: "[\(mask)]", plan: plan, images)
      try place.edit("edited", strength: 1, plan: plan, images)
      for index in 0..<2 {
        #expect(try place.image("out", index) == place.image("edited", index))
      }
    }
  }

  /// Images and masks of several sizes, cropped alike.
  @Test(arguments: [1, 2], [0, 3])
  func knownPixelsAreTheImages(rounds: Int, feather: Int) throws {
    try withPlace { place in
      let masks = try EditingPlace.sizes.indices.map { index in
        try place.mask("mask\(index)", index) { x, _ in 2 * x < EditingPlace.sizes[index].0 }
      }
      try place.inpaint(
        "out", masks: "[\(masks.joined(separator: ", "))]",
        ["inpaint.rounds=\(rounds)", "inpaint.feather=\(feather)"])
      for index in EditingPlace.images.indices {
        let (found, expected) = (try place.image("out", index), try place.crop(index))
        let mask = try Mask(
          masks[index], of: "\(place.pictures)/\(EditingPlace.images[index])", side: TinyModels.side
        )
        let known = mask.values.indices.filter { mask.values[$0] == 0 }
        #expect(known.count >= 16 && known.count < 48, "\(index)")
        for pixel in known {
          let place = 3 * pixel..<3 * pixel + 3
          #expect(found.pixels[place] == expected.pixels[place])
        }
        #expect(found != expected)
      }
      let manifest = try #require(try SampleManifest.read(in: "\(place.folder)/out"))
      #expect(manifest.inputs?.compactMap(\.maskSHA256).count == 5)
      // H2P1R1: the first step and the refiner's are run once, P again as H.
      #expect(manifest.evaluations == .init(predictor: 2 + 2 * rounds + 2 * rounds - 1, refiner: 2))
    }
  }

  @Test func roundsPaintOtherPictures() throws {
    try withPlace { place in
      let mask = try place.mask("left", 0) { x, _ in x < 4 }
      let images = "input.images=[\(place.pictures)/a]"
      for rounds in [1, 2] {
        try place.inpaint("\(rounds)", masks: "[\(mask)]", [images, "inpaint.rounds=\(rounds)"])
      }
      try place.inpaint("again", masks: "[\(mask)]", [images, "inpaint.rounds=2"])
      #expect(try place.latents("1") != place.latents("2"))
      #expect(try place.latents("2") == place.latents("again"))
    }
  }

  @Test func grayMixes() throws {
    try withPlace { place in
      let images = "input.images=[\(place.pictures)/a/0.png]"
      let none = try place.mask("none", 0, gray: 255) { _, _ in false }
      let half = try place.mask("half", 0, gray: 128) { _, _ in true }
      try place.inpaint("half", masks: "[\(half)]", [images, "inpaint.feather=0"])
      try place.inpaint("none", masks: "[\(none)]", [images])
      let (mixed, image) = (try place.image("half", 0), try place.image("none", 0))
      #expect(mixed != image)
    }
  }

  @Test func aMaskOfTheWrongSizeIsAnErrorThatSaysBoth() throws {
    try withPlace { place in
      let mask = try place.mask("small", 0) { _, _ in true }
      let image = "\(place.pictures)/b/2.png"
      let error = #expect(throws: InputError.self) {
        try place.inpaint("out", masks: "[\(mask)]", ["input.images=[\(image)]"])
      }
      #expect(
        error?.description
          == "\(mask): expected a mask of 37x21 pixels, the size of \(image), found 8x8")
      let count = #expect(throws: InputError.self) {
        try place.inpaint("out", masks: "[\(mask), \(mask)]")
      }
      #expect(
        count?.description
          == "inpaint.masks: expected one mask, or one for each of 5 images, found 2")
    }
  }
}
