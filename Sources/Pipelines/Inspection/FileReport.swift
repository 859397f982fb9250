/// What `flowturbo inspect` finds in a file; `--json` prints it as it is.
public struct FileReport: Codable, Sendable, Equatable {
  /// Tensors that lie together in one container of the file.
  public struct Part: Codable, Sendable, Equatable {
    /// The container, empty for the top of the file.
    public var container: String
    /// What it is, in a few words.
    public var content: String
    /// `ema` or `raw` where it is a set of weights of which there are several, else nil.
    public var weights: String?
    public var tensors: Int
    public var parameters: Int
    public var bytes: Int
  }

  public struct Tensor: Codable, Sendable, Equatable {
    public var name: String
    public var shape: [Int]
    /// As safetensors call it: `F32`, `BF16`.
    public var type: String
    public var bytes: Int
    /// SHA-256 of the elements, row-major and little-endian; only where it was asked for.
    public var sha256: String?
  }

  public struct Setting: Codable, Sendable, Equatable {
    public var name: String
    public var value: String
  }

  /// As it was given.
  public var path: String
  /// The file that was opened, which in a folder has another path.
  public var file: String
  public var container: String
  public var bytes: Int
  /// Only where hashes were asked for.
  public var sha256: String?
  /// What is in it: a `ModelKind`, `statistics`, `samples`, `latents`,
  /// `imageFeatures`, `state` or `unknown`.
  public var kind: String
  /// The same in words, with sizes.
  public var content: String
  /// Of what a command would take.
  public var parameters: Int?
  /// `ema`, `raw`, or `only`: what a command would take.
  public var weights: String?
  /// The configuration that a command would infer, YAML.
  public var model: String?
  /// What was stripped, computed or assumed, and what keeps it from being taken.
  public var notes: [String] = []
  public var problem: String?
  /// Commands and the keys or flags that take it.
  public var takenBy: [String] = []
  public var parts: [Part] = []
  public var tensors: [Tensor] = []
  public var metadata: [String: String] = [:]
  /// What a file of PyTorch holds beside tensors.
  public var settings: [Setting] = []
}
