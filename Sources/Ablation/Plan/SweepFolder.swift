/// Where things lie in a sweep's folder:
///
///     results.h5                 every table, see docs/formats.md
///     steps/<hash>/              one step: record.json and what it made
///     claims/<hash>.json         who works on it now
///     features/                  features of the reference and of samples
struct SweepFolder: Sendable {
  let root: String

  var results: String { "\(root)/results.h5" }
  var steps: String { "\(root)/steps" }
  var claims: String { "\(root)/claims" }
  var features: String { "\(root)/features" }
  /// Turns at claims and at the results.
  var mutex: String { "\(root)/.mutex" }

  func step(_ hash: String) -> String { "\(steps)/\(hash)" }
  func record(_ hash: String) -> String { "\(step(hash))/record.json" }
  /// The folder of the pipeline's own run.
  func run(_ hash: String) -> String { "\(step(hash))/run" }

  func images(_ hash: String) -> String { "\(step(hash))/images" }
  func latents(_ hash: String) -> String { "\(step(hash))/latents.h5" }
  func autoencoder(_ hash: String) -> String { "\(run(hash))/vae.safetensors" }
  func refiner(_ hash: String) -> String { "\(run(hash))/refiner.safetensors" }
  func log(_ hash: String) -> String { "\(run(hash))/log.jsonl" }
  func samples(_ hash: String) -> String { "\(run(hash))/samples.npz" }
  func solution(_ hash: String) -> String { "\(run(hash))/latents.safetensors" }
  func grid(_ hash: String) -> String { "\(run(hash))/grid.png" }

  /// What a finished step has left; nil where that is the record alone.
  func product(_ kind: Step.Kind, _ hash: String) -> String? {
    switch kind {
    case .images: "\(images(hash))/dataset.json"
    case .latents: latents(hash)
    case .autoencoder: autoencoder(hash)
    case .refiner: refiner(hash)
    case .sample: samples(hash)
    case .solution: solution(hash)
    case .reference, .evaluation, .agreement, .timing: nil
    }
  }
}
