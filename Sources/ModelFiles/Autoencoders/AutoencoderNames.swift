/// The names that autoencoders' tensors had before they got the present ones.
///
/// Sources: `ldm/modules/diffusionmodules/model.py` of CompVis' latent-diffusion; diffusers'
/// `convert_ldm_vae_checkpoint` and its deprecated attention blocks.
enum AutoencoderNames {
  /// Parts of names, component by component, and what they are called now. `#` stands for a
  /// number that is kept, `~` for one that counts the decoder's levels from the other end.
  private struct Rule {
    let old: [Substring]
    let new: [Substring]

    init(_ old: String, _ new: String) {
      (self.old, self.new) = (old.split(separator: "."), new.split(separator: "."))
    }
  }

  private static let latentDiffusion = [
    Rule("down.#.block.#", "down_blocks.#.resnets.#"),
    Rule("down.#.downsample", "down_blocks.#.downsamplers.0"),
    Rule("up.~.block.#", "up_blocks.~.resnets.#"),
    Rule("up.~.upsample", "up_blocks.~.upsamplers.0"),
    Rule("nin_shortcut", "conv_shortcut"),
    Rule("mid.block_1", "mid_block.resnets.0"),
    Rule("mid.block_2", "mid_block.resnets.1"),
    Rule("mid.attn_1.norm", "mid_block.attentions.0.group_norm"),
    Rule("mid.attn_1.q", "mid_block.attentions.0.to_q"),
    Rule("mid.attn_1.k", "mid_block.attentions.0.to_k"),
    Rule("mid.attn_1.v", "mid_block.attentions.0.to_v"),
    Rule("mid.attn_1.proj_out", "mid_block.attentions.0.to_out.0"),
    Rule("norm_out", "conv_norm_out"),
  ]

  /// diffusers up to 0.16.
  private static let oldAttention = [
    Rule("attentions.#.query", "attentions.#.to_q"),
    Rule("attentions.#.key", "attentions.#.to_k"),
    Rule("attentions.#.value", "attentions.#.to_v"),
    Rule("attentions.#.proj_attn", "attentions.#.to_out.0"),
  ]

  /// What whole diffusion checkpoints put before the names of the autoencoder in them.
  private static let inside = "first_stage_model."
  /// A discriminator and its weight, beside an autoencoder in training.
  private static let loss = "loss."

  /// Renames the tensors of an autoencoder and leaves out those beside it that are not its
  /// own; other models stay as they are.
  static func modernise(_ group: inout TensorGroup) {
    isolate(&group)
    guard group.members.keys.contains(where: isOfAutoencoder) else { return }
    rename(&group, latentDiffusion, "latent-diffusion names")
    rename(&group, oldAttention, "old names of the attention")
    // Attention used to be made of 1×1 convolutions.
    var flattened = 0
    for (name, member) in group.members
    where name.contains(".attentions.0.to_") && member.shape.count == 4
      && member.shape[2...] == [1, 1]
    {
      group.members[name]?.shape = Array(member.shape.prefix(2))
      flattened += 1
    }
    if flattened > 0 {
      group.notes.append("\(flattened) 1×1 convolutions of the attention read as matrices")
    }
  }

  private static func isOfAutoencoder(_ name: String) -> Bool {
    name == "encoder.conv_in.weight" || name == "decoder.conv_in.weight"
  }

  /// Takes the autoencoder out of a whole diffusion model, and its loss away from it.
  private static func isolate(_ group: inout TensorGroup) {
    let own = group.members.filter { $0.key.hasPrefix(inside) }
    if !own.isEmpty {
      let others = group.members.count - own.count
      group.members = Dictionary(
        own.map { (String($0.key.dropFirst(inside.count)), $0.value) },
        uniquingKeysWith: { first, _ in first })
      group.notes.append(
        others > 0
          ? "'\(inside)' alone is read, not the \(others) other tensors"
          : "'\(inside)' stripped from every name")
    }
    let losses = group.members.keys.filter { $0.hasPrefix(loss) }
    guard !losses.isEmpty, group.members.keys.contains(where: isOfAutoencoder) else { return }
    for name in losses { group.members[name] = nil }
    group.notes.append("\(losses.count) tensors of the training's loss are not read")
  }

  private static func rename(_ group: inout TensorGroup, _ rules: [Rule], _ what: String) {
    let levels = 1 + (group.members.keys.compactMap(decoderLevel).max() ?? 0)
    var members: [String: TensorGroup.Member] = [:]
    var count = 0
    for (name, member) in group.members.sorted(by: { $0.key < $1.key }) {
      let current = current(name, rules, levels: levels)
      // Two names for one tensor cannot both be right: one stays and is found unexpected.
      let isFree = members[current] == nil && (current == name || group.members[current] == nil)
      members[isFree ? current : name] = member
      count += isFree && current != name ? 1 : 0
    }
    group.members = members
    if count > 0 { group.notes.append("\(count) \(what) read as today's") }
  }

  /// `n` of `decoder.up.n.…`.
  private static func decoderLevel(_ name: String) -> Int? {
    let parts = name.split(separator: ".", maxSplits: 3)
    guard parts.count == 4, parts[0] == "decoder", parts[1] == "up" else { return nil }
    return number(parts[2])
  }

  private static func number(_ text: Substring) -> Int? {
    Int(text).flatMap { (0..<1000).contains($0) ? $0 : nil }
  }

  private static func current(_ name: String, _ rules: [Rule], levels: Int) -> String {
    // No name of an autoencoder is half as long.
    guard name.utf8.count <= 200 else { return name }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.first == "encoder" || parts.first == "decoder" else { return name }
    for rule in rules {
      for start in parts.indices {
        guard let new = replacement(parts[start...], rule, levels: levels) else { continue }
        parts.replaceSubrange(start..<start + rule.old.count, with: new)
        break
      }
    }
    return parts.joined(separator: ".")
  }

  /// What takes the place of the rule's components at the start of `parts`; nil where others
  /// stand there.
  private static func replacement(
    _ parts: ArraySlice<Substring>, _ rule: Rule, levels: Int
  ) -> [Substring]? {
    guard parts.count > rule.old.count else { return nil }
    var numbers: [Substring] = []
    for (part, old) in zip(parts, rule.old) {
      switch old {
      case "#", "~":
        guard let value = number(part) else { return nil }
        numbers.append("\(old == "~" ? levels - 1 - value : value)")
      case part: break
      default: return nil
      }
    }
    var rest = numbers[...]
    return rule.new.map { $0 == "#" || $0 == "~" ? rest.popFirst() ?? $0 : $0 }
  }
}
