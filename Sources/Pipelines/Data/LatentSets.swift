import Diagnostics
import Foundation
import Storage

extension LatentSetOptions {
  /// The file of latents; encodes the images first, and renders those before, where they
  /// are missing and the configuration says how.
  /// - Throws: `InputError` where there is nothing to read and nothing to encode.
  func file(_ observe: @escaping PipelineObserver) throws -> LatentsFile {
    if !FileManager.default.fileExists(atPath: latents) {
      guard let encode else {
        throw InputError(
          latents, expected: "a file of latents", found: "none",
          remedy: "make it with 'flowturbo encode', or say how under data.encode")
      }
      observe(.note("\(latents) is missing: encoding \(encode.images.images)"))
      try Encode(encode, path: latents, observe: observe).run()
    }
    let file = try LatentsFile(path: latents)
    let description = file.description
    observe(
      .note(
        "\(latents): \(file.count) latents of \(description.channels)×\(description.height)"
          + "×\(description.width), \(Set(file.labels).count) classes"))
    if let encode, FileManager.default.fileExists(atPath: encode.vae.weights) {
      try description.warn(unlessMadeBy: encode.vae, latents, observe)
    }
    return file
  }
}

extension LatentsDescription {
  /// Warns where the autoencoder `vae` is not the one that made the latents.
  func warn(unlessMadeBy vae: AutoencoderReference, _ latents: String, _ observe: PipelineObserver)
    throws
  {
    guard try vae.identity() != vaeHash else { return }
    observe(
      .warning(
        "\(latents) was made with another autoencoder than \(vae.weights): "
          + "remove it to encode the images again"))
  }
}
