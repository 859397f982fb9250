import Diagnostics
import Foundation
import Testing

@Suite struct VerifyCommandTests {
  /// A fixture of one halved image, whose one pixel should be `pixel`.
  private func write(
    _ name: String, kind: String = "resample", pixel: UInt8 = 25, in place: Workplace
  )
    throws
  {
    let config = #"{\"kind\": \"\#(kind)\", \"config\": {}, \"tolerance\": {\"tensors\": {}}}"#
    let header = """
      {"__metadata__":{"config":"\(config)"},\
      "box/a":{"dtype":"U8","shape":[1,1],"data_offsets":[0,1]},\
      "in/a":{"dtype":"U8","shape":[2,2],"data_offsets":[1,5]}}
      """
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    bytes.append(Data(header.utf8))
    bytes.append(contentsOf: [pixel, 10, 20, 30, 40])
    try bytes.write(to: URL(fileURLWithPath: place.path(name)))
  }

  @Test func everyOutcomeHasItsCode() throws {
    let place = try Workplace()
    try write("good.safetensors", in: place)
    try write("off.safetensors", pixel: 27, in: place)
    try write("strange.safetensors", kind: "telepathy", in: place)
    func verify(_ names: String...) throws -> Ending {
      try place.run(.flowturbo, ["verify"] + names.map { "\($0).safetensors" })
    }

    let good = try verify("good")
    #expect(good.code == ExitCode.done.rawValue, "\(good.errors)")
    #expect(good.output.contains("tensor") && good.output.contains("tolerance"))
    #expect(good.output.contains("pass good.safetensors: 1 of 1 checks"))

    let off = try verify("off", "good")
    #expect(off.code == ExitCode.checkFailed.rawValue)
    #expect(off.output.contains("FAIL box/a: 1 of 1 values off, worst [0]: 25.0 instead of 27.0"))
    #expect(off.output.contains("pass good.safetensors"))

    let strange = try verify("strange", "good")
    #expect(strange.code == ExitCode.badInput.rawValue)
    #expect(strange.errors.contains("unknown kind 'telepathy'; known kinds: center_crop, formats"))
    #expect(strange.output.contains("pass good.safetensors"))

    let both = try verify("strange", "off")
    #expect(both.code == ExitCode.checkFailed.rawValue)
    #expect(both.errors.contains("1 do not pass and 1 cannot be checked"))

    for names in [["missing"], []] {
      let ending = try place.run(.flowturbo, ["verify"] + names)
      #expect(ending.code == ExitCode.badInput.rawValue)
    }
  }
}
