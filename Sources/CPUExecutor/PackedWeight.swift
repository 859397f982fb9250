import CDNN
import Foundation
import Synchronization
import TensorGraph

/// A frozen weight in the layout that primitives want. Programs that live at the same time
/// share it: a plan's blocks are programs of their own and read the same weights, which at
/// SiT-XL/2 are 2.7 GB.
final class PackedWeight: Sendable {
  /// The packed elements, valid while this lives.
  nonisolated(unsafe) let pointer: UnsafeMutableRawPointer
  private let address: UInt
  /// These tell the forms of one weight apart.
  nonisolated(unsafe) private let packer: Primitive?
  private let derivation: String?

  /// What is packed in place of the weight itself.
  struct Derivation {
    let name: String
    /// Of what is derived, before it is packed.
    let bytes: Int
    /// From the weight, into memory of that size.
    let derive: (_ weight: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>) -> Void
  }

  private struct Reference: Sendable {
    weak var weight: PackedWeight?
    let identity: ObjectIdentifier

    init(_ weight: PackedWeight) {
      self.weight = weight
      identity = ObjectIdentifier(weight)
    }
  }

  /// By the address of the plain weight. An entry lives as long as a program that also keeps
  /// the plain weight, which is frozen meanwhile: neither the address nor the values can
  /// become another's.
  private static let packed = Mutex<[UInt: [Reference]]>([:])

  /// The weight at `plain`, or what is derived of it, as `packer` packs it: now, if no program
  /// has it yet.
  /// - Parameters:
  ///   - packer: nil where the plain layout is the wanted one, for derivations only.
  ///   - bytes: of the packed form.
  static func shared(
    _ plain: UnsafeMutableRawPointer, _ packer: Primitive?, bytes: Int,
    _ derivation: Derivation? = nil
  ) throws -> PackedWeight {
    let address = UInt(bitPattern: plain)
    let known = packed.withLock { $0[address] ?? [] }
    for weight in known.compactMap(\.weight)
    where weight.derivation == derivation?.name && weight.isPacked(like: packer) {
      return weight
    }
    let weight = try PackedWeight(plain, packer, bytes: bytes, derivation)
    packed.withLock { $0[address, default: []].append(Reference(weight)) }
    return weight
  }

  private func isPacked(like other: Primitive?) -> Bool {
    guard let packer, let other else { return packer == nil && other == nil }
    return packer.packsLike(other)
  }

  /// How many packed forms the weight at `plain` has, for tests.
  static func count(of plain: UnsafeMutableRawPointer) -> Int {
    packed.withLock { $0[UInt(bitPattern: plain)]?.count ?? 0 }
  }

  private init(
    _ plain: UnsafeMutableRawPointer, _ packer: Primitive?, bytes: Int, _ derivation: Derivation?
  ) throws {
    // What is derived is packed from memory of its own, or kept as it is.
    let derived = derivation.map { Self.memory($0.bytes) }
    if let derivation, let derived {
      derivation.derive(
        UnsafePointer(plain.assumingMemoryBound(to: Float.self)),
        derived.assumingMemoryBound(to: Float.self))
    }
    pointer = packer == nil ? derived ?? Self.memory(bytes) : Self.memory(bytes)
    address = UInt(bitPattern: plain)
    self.packer = packer
    self.derivation = derivation?.name
    guard let packer else { return }
    defer { derived?.deallocate() }
    packer.bind(CDNN_SRC, derived ?? plain)
    packer.bind(CDNN_DST, pointer)
    try packer.execute()
  }

  private static func memory(_ bytes: Int) -> UnsafeMutableRawPointer {
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    // A forward reads all weights once: large pages, asked for before the first touch, spare it
    // a walk through page tables every 4 KB. Only whole pages of the memory's own can be large.
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let skipped = -Int(bitPattern: pointer) & (page - 1)
    if bytes - skipped >= page { madvise(pointer + skipped, (bytes - skipped) & -page, 14) }
    return pointer
  }

  deinit {
    pointer.deallocate()
    // By identity: to look at the weights would keep them for a moment, and the last to keep
    // one would come here again, under the lock.
    let own = ObjectIdentifier(self)
    PackedWeight.packed.withLock { packed in
      let others = (packed[address] ?? []).filter { $0.identity != own }
      packed[address] = others.isEmpty ? nil : others
    }
  }
}
