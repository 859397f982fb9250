import Diagnostics
import Files
import Foundation
import Models

/// The `config.json` that diffusers puts beside an AutoencoderKL, strict in what it means:
/// a setting that is not implemented here is refused by its name.
struct DiffusersConfiguration: Sendable {
  let path: String
  let autoencoder: AutoencoderConfiguration

  /// - Parameter isRequired: whether a file about another model is an error rather than nil.
  init?(path: String, isRequired: Bool) throws {
    let file = try ReadOnlyFile(path)
    guard file.size <= 1 << 20 else {
      throw InputError(path, expected: "a config.json of diffusers", found: "\(file.size) bytes")
    }
    let data = Data(try file.bytes(0..<file.size))
    let name: String?
    do {
      name = try JSONDecoder().decode(ModelName.self, from: data).className
    } catch let error as DecodingError {
      guard isRequired else {
        throw InputError("\(path): \(Self.text(error)); mend it, or put the weights elsewhere")
      }
      name = nil
    }
    guard name == "AutoencoderKL" else {
      guard isRequired else { return nil }
      throw InputError(
        path, expected: "the description of an AutoencoderKL (_class_name)",
        found: name.map { "one of '\($0.prefix(60))'" } ?? "something else",
        remedy: "name the folder of the autoencoder")
    }
    do {
      let settings = try JSONDecoder().decode(DiffusersSettings.self, from: data)
      try settings.checkIsImplemented(path: path)
      autoencoder = settings.autoencoder
      try autoencoder.validate()
    } catch let error as DecodingError {
      throw InputError("\(path): \(Self.text(error))")
    } catch let error as InvalidField {
      throw InputError("\(path): \(error)")
    }
    self.path = path
  }

  private struct ModelName: Decodable {
    let className: String?

    private enum CodingKeys: String, CodingKey {
      case className = "_class_name"
    }
  }

  private static func text(_ error: DecodingError) -> String {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let key = context.codingPath.map(\.stringValue).joined(separator: ".")
      return "\(key): expected another type of value (\(context.debugDescription))"
    case .keyNotFound(let key, _): return "the key '\(key.stringValue)' is missing"
    case .dataCorrupted: return "expected JSON, found other text"
    @unknown default: return "expected the JSON of diffusers, found something else"
    }
  }
}

/// The settings of diffusers' AutoencoderKL; one that is left out has its default there.
private struct DiffusersSettings: Decodable {
  private enum Key: String, CodingKey, CaseIterable {
    case activation = "act_fn"
    case channels = "block_out_channels"
    case downBlocks = "down_block_types"
    case upBlocks = "up_block_types"
    case inChannels = "in_channels"
    case outChannels = "out_channels"
    case latentChannels = "latent_channels"
    case layersPerBlock = "layers_per_block"
    case normGroups = "norm_num_groups"
    case scalingFactor = "scaling_factor"
    case shiftFactor = "shift_factor"
    case hasQuantiser = "use_quant_conv"
    case hasUnquantiser = "use_post_quant_conv"
    case hasAttention = "mid_block_add_attention"
  }

  /// Settings that change no number.
  private static let harmless: Set = [
    "_class_name", "_diffusers_version", "_name_or_path", "sample_size", "force_upcast",
  ]

  private(set) var autoencoder = AutoencoderConfiguration()
  private let activation: String
  private let blocks: [(key: Key, found: [String], only: String)]
  private let shift: Double
  private let parts: [(key: Key, isThere: Bool)]
  private let unknown: [String]

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    func value<Value: Decodable>(_ key: Key, _ standard: Value) throws -> Value {
      try values.decodeIfPresent(Value.self, forKey: key) ?? standard
    }
    activation = try value(.activation, "silu")
    autoencoder.channels = try value(.channels, [64])
    autoencoder.inChannels = try value(.inChannels, 3)
    autoencoder.outChannels = try value(.outChannels, 3)
    autoencoder.latentChannels = try value(.latentChannels, 4)
    autoencoder.layersPerBlock = try value(.layersPerBlock, 1)
    autoencoder.normGroups = try value(.normGroups, 32)
    autoencoder.scalingFactor = try value(.scalingFactor, 0.18215)
    let (down, up) = ("DownEncoderBlock2D", "UpDecoderBlock2D")
    blocks = [
      (.downBlocks, try value(.downBlocks, [down]), down),
      (.upBlocks, try value(.upBlocks, [up]), up),
    ]
    shift = try value(.shiftFactor, 0)
    parts = try [.hasQuantiser, .hasUnquantiser, .hasAttention].map { ($0, try value($0, true)) }

    let all = try decoder.container(keyedBy: AnyKey.self)
    unknown = try all.allKeys.filter { key in
      try Key(rawValue: key.stringValue) == nil && !Self.harmless.contains(key.stringValue)
        && !all.decodeNil(forKey: key)
    }.map(\.stringValue)
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// - Throws: `InputError` that names the first setting of another kind of autoencoder.
  func checkIsImplemented(path: String) throws {
    func check(_ key: Key, _ holds: Bool, _ expected: String, _ found: String) throws {
      guard !holds else { return }
      throw InputError(
        "\(path): \(key.rawValue)", expected: "\(expected), as nothing else is implemented",
        found: found)
    }
    try check(.activation, activation == "silu", "silu", "'\(activation.prefix(40))'")
    for (key, found, only) in blocks {
      let other = found.first { $0 != only }
      try check(key, other == nil, "\(only) alone", "'\((other ?? "").prefix(60))'")
      try check(
        key, found.count == autoencoder.channels.count,
        "one for each of \(autoencoder.channels.count) widths", "\(found.count)")
    }
    try check(.shiftFactor, shift == 0, "none", "\(shift)")
    for (key, isThere) in parts { try check(key, isThere, "true", "false") }
    if let key = unknown.min() {
      throw InputError(
        "\(path): \(key.prefix(80))", expected: "settings that are implemented here",
        found: "one that is not known", remedy: "remove it if it changes no number")
    }
  }
}
