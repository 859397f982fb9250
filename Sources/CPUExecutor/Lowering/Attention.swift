import CDNN
import CKernels
import TensorGraph

/// Batched products read q, k and v where they lie in the packed qkv.
private struct AttentionLayout {
  var B: Int
  let (T, D, H): (Int, Int, Int)
  /// What is multiplied. Scores come out as float32; probabilities and their gradients lie
  /// where the scores did, each row from the beginning of its float32 row.
  let used: Format
  var width: Int { D / H }
  var scoreBytes: Int { B * H * T * T * 4 }
  var scale: Float { 1 / Float(width).squareRoot() }
  var rows: Int64 { Int64(B * H * T) }
  /// Elements between rows of probabilities.
  var pitch: Int { T * 4 / used.elementBytes }

  init(_ qkv: Shape, _ heads: Int, _ used: Format) {
    (B, T, D, H) = (qkv[0], qkv[1], qkv[2] / 3, heads)
    self.used = used
  }

  /// (B, H, T, width) inside a row of `rowLength` elements per token.
  func tokens(rowLength: Int, _ stored: Format, as used: Format? = nil) -> cdnn_tensor {
    cdnn_tensor(
      [B, H, T, width], strides: [T * rowLength, width, rowLength, 1], stored, as: used)
  }
  /// The same, read as (B, H, width, T).
  func transposed(rowLength: Int) -> cdnn_tensor {
    cdnn_tensor([B, H, width, T], strides: [T * rowLength, width, 1, rowLength], used)
  }
  var scores: cdnn_tensor { cdnn_tensor([B, H, T, T]) }
  var probabilities: cdnn_tensor {
    cdnn_tensor([B, H, T, T], strides: [H * T * pitch, T * pitch, pitch, 1], used)
  }
  var probabilitiesTransposed: cdnn_tensor {
    cdnn_tensor([B, H, T, T], strides: [H * T * pitch, T * pitch, 1, pitch], used)
  }
}

/// An operand of attention, converted at every run where it lies as something else than what is
/// multiplied.
private struct ConvertedOperand {
  private let converter: Primitive?
  private let bytes: Int

  init(_ argument: Lowered.Argument, as used: Format) throws {
    let count = argument.shape.elementCount
    converter =
      argument.format == used
      ? nil : try Primitive.conversion(cdnn_tensor([count], argument.format, as: used))
    bytes = count * used.elementBytes
  }

  var scratch: [Int] { converter == nil ? [] : [bytes] }

  /// Where the operand lies once the kernels have run.
  func bind(_ plain: UnsafeMutableRawPointer, _ areas: inout ArraySlice<UnsafeMutableRawPointer>)
    -> (UnsafeMutableRawPointer, [Kernel])
  {
    guard let converter, let area = areas.popFirst() else { return (plain, []) }
    converter.bind(CDNN_SRC, plain)
    converter.bind(CDNN_DST, area)
    return (area, [converter.kernel])
  }
}

extension AttentionLayout {
  /// Bytes of scores that are worth one product; so few that they stay in the last cache
  /// between the two products and the softmax.
  static let mostScoreBytes = 8 << 20

  /// Images whose scores are in memory at the same time, at least one.
  var imagesAtOnce: Int {
    min(B, max(Self.mostScoreBytes / max(H * T * T * 4, 1), 1))
  }
}

/// Queries whose scores are in memory at the same time: some images', or some rows of one image,
/// so that memory does not grow with the square of the tokens.
private struct QueryTile {

  let image: Int
  let images: Int
  let row: Int
  let rows: Int

  static func list(_ layout: AttentionLayout) -> [QueryTile] {
    let perRow = max(layout.H * layout.T * 4, 1)
    let (images, most) = (layout.imagesAtOnce, AttentionLayout.mostScoreBytes)
    let rows =
      perRow * layout.T > most ? min(layout.T, max(most / perRow / 64 * 64, 64)) : layout.T
    return stride(from: 0, to: layout.B, by: images).flatMap { image in
      stride(from: 0, to: layout.T, by: rows).map { row in
        QueryTile(
          image: image, images: min(images, layout.B - image), row: row,
          rows: min(rows, layout.T - row))
      }
    }
  }

  func scoreBytes(_ layout: AttentionLayout) -> Int { images * layout.H * rows * layout.T * 4 }

  /// In rows of tokens, to the first of all images' and of the tile's.
  func firstToken(_ layout: AttentionLayout) -> Int { image * layout.T }
  func firstQuery(_ layout: AttentionLayout) -> Int { image * layout.T + row }
}

extension Lowered {
  static func attention(
    _ operands: [Argument], _ result: Argument, _ heads: Int, as used: Format
  ) throws -> Lowered {
    let layout = AttentionLayout(operands[0].shape, heads, used)
    let converted = try ConvertedOperand(operands[0], as: used)
    let (H, T, D, width, bytes) = (layout.H, layout.T, layout.D, layout.width, used.elementBytes)
    let pitch = layout.pitch
    let tiles = QueryTile.list(layout)
    let products = try tiles.map { tile in
      let (n, rows) = (tile.images, tile.rows)
      let tokens = { (count: Int, rowLength: Int, format: Format) in
        cdnn_tensor(
          [n, H, count, width], strides: [T * rowLength, width, rowLength, 1], format)
      }
      let keys = cdnn_tensor(
        [n, H, width, T], strides: [T * 3 * D, width, 1, 3 * D], used)
      let scores = try Primitive.matmul(
        tokens(rows, 3 * D, used), keys, cdnn_tensor([n, H, rows, T]))
      let mix = try Primitive.matmul(
        cdnn_tensor(
          [n, H, rows, T], strides: [H * rows * pitch, rows * pitch, pitch, 1], used),
        tokens(T, 3 * D, used), tokens(rows, D, result.format))
      return (scores, mix)
    }
    let scoreBytes = tiles.map { $0.scoreBytes(layout) }.max() ?? 0
    let resultBytes = result.format.elementBytes
    return Lowered(scratch: [scoreBytes] + converted.scratch) { binding in
      var areas = binding.scratch.dropFirst()
      let (qkv, before) = converted.bind(binding.operands[0], &areas)
      let p = binding.scratch[0]
      return before
        + zip(tiles, products).flatMap { tile, products -> [Kernel] in
          let (scores, mix) = products
          let first = qkv + tile.firstToken(layout) * 3 * D * bytes
          let query = tile.firstQuery(layout)
          let rows = Int64(tile.images * H * tile.rows)
          scores.bind(CDNN_SRC, qkv + query * 3 * D * bytes)
          scores.bind(CDNN_WEIGHTS, first + bytes * D)
          scores.bind(CDNN_DST, p)
          mix.bind(CDNN_SRC, p)
          mix.bind(CDNN_WEIGHTS, first + 2 * bytes * D)
          mix.bind(CDNN_DST, binding.results[0] + query * D * resultBytes)
          return [
            scores.kernel,
            {
              ck_softmax(
                p.assumingMemoryBound(to: Float.self), rows, Int64(T), layout.scale,
                used.kernelFormat)
            },
            mix.kernel,
          ]
        }
    }
  }

  /// The probabilities are computed again rather than kept: they are the largest of
  /// a block's activations and the cheapest. Some images at a time, as keys and values take
  /// gradients from all of an image's queries.
  static func attentionGradient(
    _ operands: [Argument], _ result: Argument, _ heads: Int, as used: Format
  ) throws -> Lowered {
    let layout = AttentionLayout(operands[0].shape, heads, used)
    let converted = try operands.map { try ConvertedOperand($0, as: used) }
    let step = layout.imagesAtOnce
    let tiles = try stride(from: 0, to: layout.B, by: step).map { image in
      var part = layout
      part.B = min(step, layout.B - image)
      return (image, try GradientProducts(part, used, result.format))
    }
    var first = layout
    first.B = step
    let scratch = [first.scoreBytes, first.scoreBytes] + converted.flatMap(\.scratch)
    return Lowered(scratch: scratch) { binding in
      var areas = binding.scratch.dropFirst(2)
      let (qkv, before) = converted[0].bind(binding.operands[0], &areas)
      let (dOut, alsoBefore) = converted[1].bind(binding.operands[1], &areas)
      let row = layout.T * layout.D
      return before + alsoBefore
        + tiles.flatMap { image, products in
          products.bind(
            qkv: qkv + 3 * image * row * used.elementBytes,
            dOut: dOut + image * row * used.elementBytes,
            dqkv: binding.results[0] + 3 * image * row * result.format.elementBytes,
            scores: (binding.scratch[0], binding.scratch[1]))
        }
    }
  }
}

/// The five products of a gradient, of some images.
private struct GradientProducts {
  private let layout: AttentionLayout
  private let (used, written): (Format, Format)
  private let (scores, dv, dp, dq, dk): (Primitive, Primitive, Primitive, Primitive, Primitive)

  init(_ layout: AttentionLayout, _ used: Format, _ written: Format) throws {
    (self.layout, self.used, self.written) = (layout, used, written)
    let D = layout.D
    let packed = layout.tokens(rowLength: 3 * D, used)
    let packedTransposed = layout.transposed(rowLength: 3 * D)
    let plain = layout.tokens(rowLength: D, used)
    let gradient = layout.tokens(rowLength: 3 * D, written)
    scores = try Primitive.matmul(packed, packedTransposed, layout.scores)
    dv = try Primitive.matmul(layout.probabilitiesTransposed, plain, gradient)
    dp = try Primitive.matmul(plain, packedTransposed, layout.scores)
    dq = try Primitive.matmul(layout.probabilities, packed, gradient)
    dk = try Primitive.matmul(layout.probabilitiesTransposed, packed, gradient)
  }

  /// - Parameter scores: two areas, of probabilities and their gradients.
  func bind(
    qkv q: UnsafeMutableRawPointer, dOut: UnsafeMutableRawPointer, dqkv: UnsafeMutableRawPointer,
    scores areas: (UnsafeMutableRawPointer, UnsafeMutableRawPointer)
  ) -> [Kernel] {
    let (part, writtenPart) = (layout.D * used.elementBytes, layout.D * written.elementBytes)
    let (k, v) = (q + part, q + 2 * part)
    let (p, dp) = areas
    func bind(
      _ primitive: Primitive, _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer,
      _ c: UnsafeMutableRawPointer
    ) -> Kernel {
      primitive.bind(CDNN_SRC, a)
      primitive.bind(CDNN_WEIGHTS, b)
      primitive.bind(CDNN_DST, c)
      return primitive.kernel
    }
    let (pFloats, dpFloats) = (
      p.assumingMemoryBound(to: Float.self), dp.assumingMemoryBound(to: Float.self)
    )
    let (rows, T, scale, format) = (
      layout.rows, Int64(layout.T), layout.scale, used.kernelFormat
    )
    return [
      bind(scores, q, k, p),
      { ck_softmax(pFloats, rows, T, scale, format) },
      bind(dv, p, dOut, dqkv + 2 * writtenPart),
      bind(self.dp, dOut, v, dp),
      { ck_softmax_gradient(pFloats, dpFloats, rows, T, scale, format) },
      bind(dq, dp, k, dqkv),
      bind(dk, dp, q, dqkv + writtenPart),
    ]
  }
}
