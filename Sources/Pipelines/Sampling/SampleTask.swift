import Configuration
import TensorGraph

/// A run of ``Sample`` for a command: its name, its configuration and what its samples are
/// made of.
struct SampleTask {
  /// The command; in manifests nil for `sample`.
  var name = "sample"
  /// As the command decoded it.
  let configuration: any ConfigurationSchema
  var files = SampleFileNames()
  /// Reads what the samples are made of and compiles what prepares it.
  let source: (_ models: SamplingModels, _ executor: any Executor) throws -> any SampleSource

  var nameInManifest: String? { name == "sample" ? nil : name }
}

/// Names of the files that hold all samples of a run, in its folder.
struct SampleFileNames: Sendable, Equatable {
  var picture = "grid.png"
  var latents = "latents.safetensors"
  /// What the source writes at the end.
  var others: [String] = []
  /// Keys of the configuration that say where files are and not what is in them.
  var keys: [String] = []

  /// What stands in a folder in the end.
  func outputs(_ write: SampleOutputs) -> [String] {
    [
      (write.png, "images"), (write.grid, picture), (write.latents, latents),
      (write.npz, "samples.npz"),
    ].filter(\.0).map(\.1) + others
  }
}
