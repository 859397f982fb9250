/// An operation was given operands it cannot take.
public struct ShapeError: Error, Sendable, CustomStringConvertible {
  public let operation: String
  public let operands: [TensorType]
  public let reason: String

  public var description: String {
    "\(operation)(\(operands.map(\.description).joined(separator: ", "))): \(reason)"
  }
}

extension Operation {
  /// The types of an operation's results, or the reason why there are none.
  func resultTypes(_ operands: [TensorType]) throws -> [TensorType] {
    func fail(_ reason: String) -> ShapeError {
      ShapeError(operation: name, operands: operands, reason: reason)
    }
    func take(_ count: ClosedRange<Int>) throws {
      guard count.contains(operands.count) else {
        throw fail("takes \(count.lowerBound)…\(count.upperBound) operands")
      }
    }
    func take(_ count: Int) throws { try take(count...count) }
    func shape(_ index: Int) -> Shape { operands[index].shape }
    func expect(_ index: Int, _ shape: Shape) throws {
      guard operands[index].shape == shape else {
        throw fail("operand \(index) must have shape \(shape)")
      }
    }
    func expectRank(_ index: Int, _ rank: Int) throws {
      guard shape(index).rank == rank else { throw fail("operand \(index) must have rank \(rank)") }
    }
    func expectAxis(_ axis: Int, _ index: Int = 0) throws {
      guard shape(index).dimensions.indices.contains(axis) else {
        throw fail("has no axis \(axis)")
      }
    }
    func expectHeads(_ heads: Int) throws {
      try expectRank(0, 3)
      let width = shape(0)[2] / 3
      guard heads >= 1, width * 3 == shape(0)[2], width % heads == 0 else {
        throw fail("the last axis must be a multiple of 3·\(heads) heads")
      }
    }
    func floats(_ shape: Shape) -> [TensorType] { [TensorType(shape)] }

    guard movesRowNumbers || operands.allSatisfy({ $0.element == .float32 }) else {
      throw fail("takes float32 only")
    }

    switch self {
    case .input, .variable, .constant:
      throw fail("is a source: its type is given, not inferred")

    case .unary:
      try take(1)
      return floats(shape(0))
    case .binary:
      try take(2)
      guard let result = shape(0).broadcast(with: shape(1)) else {
        throw fail("shapes do not broadcast")
      }
      return floats(result)

    case .reshape(let target):
      try take(1)
      guard target.elementCount == shape(0).elementCount else {
        throw fail("\(target) has another number of elements")
      }
      return [TensorType(target, operands[0].element)]
    case .transpose(let permutation):
      try take(1)
      guard permutation.sorted() == Array(0..<shape(0).rank) else {
        throw fail("\(permutation) is no permutation of its axes")
      }
      return [TensorType(Shape(permutation.map { shape(0)[$0] }), operands[0].element)]
    case .broadcast(let target):
      try take(1)
      guard shape(0).broadcast(with: target) == target else {
        throw fail("does not broadcast to \(target)")
      }
      return floats(target)
    case .slice(let axis, let start, let end):
      try take(1)
      try expectAxis(axis)
      guard 0 <= start, start < end, end <= shape(0)[axis] else {
        throw fail("has no range \(start)..<\(end) along axis \(axis)")
      }
      var dimensions = shape(0).dimensions
      dimensions[axis] = end - start
      return [TensorType(Shape(dimensions), operands[0].element)]
    case .pad(let axis, let before, let after):
      try take(1)
      try expectAxis(axis)
      guard before >= 0, after >= 0 else { throw fail("padding must not be negative") }
      var dimensions = shape(0).dimensions
      dimensions[axis] += before + after
      return floats(Shape(dimensions))
    case .concatenate(let axis):
      guard !operands.isEmpty else { throw fail("needs an operand") }
      try expectAxis(axis)
      var dimensions = shape(0).dimensions
      dimensions[axis] = 0
      for index in operands.indices {
        var other = shape(index).dimensions
        guard other.count == dimensions.count else { throw fail("ranks differ") }
        dimensions[axis] += other[axis]
        other[axis] = shape(0)[axis]
        guard other == shape(0).dimensions, operands[index].element == operands[0].element else {
          throw fail("shapes may differ along axis \(axis) only")
        }
      }
      return [TensorType(Shape(dimensions), operands[0].element)]
    case .gather:
      try take(2)
      try expectRank(0, 2)
      guard operands[0].element == .float32, operands[1].element == .int32 else {
        throw fail("the table must be float32, row numbers int32")
      }
      return floats(Shape(shape(1).dimensions + [shape(0)[1]]))
    case .scatterAdd(let rows):
      try take(2)
      guard operands[0].element == .int32, operands[1].element == .float32 else {
        throw fail("row numbers must be int32, updates float32")
      }
      guard shape(1).rank >= 1, shape(1).dimensions.dropLast() == shape(0).dimensions[...] else {
        throw fail("updates must have one row for every row number")
      }
      return floats([rows, shape(1).rowLength])

    case .reduceSum(let axes):
      try take(1)
      guard Set(axes).count == axes.count, axes.allSatisfy(shape(0).dimensions.indices.contains)
      else { throw fail("has no axes \(axes)") }
      let kept = shape(0).dimensions.indices.filter { !axes.contains($0) }
      return floats(Shape(kept.map { shape(0)[$0] }))

    case .linear:
      try take(2...3)
      try expectRank(1, 2)
      guard shape(0).rank >= 1, shape(0).rowLength == shape(1)[1] else {
        throw fail("the last axis of x must be the weight's second")
      }
      if operands.count == 3 { try expect(2, [shape(1)[0]]) }
      return floats(Shape(shape(0).dimensions.dropLast() + [shape(1)[0]]))
    case .matmul(let transposeLeft, let transposeRight):
      try take(2)
      let (a, b) = (shape(0), shape(1))
      guard a.rank == b.rank, a.rank >= 2, a.dimensions.dropLast(2) == b.dimensions.dropLast(2)
      else { throw fail("leading axes must be equal") }
      let n = a.rank
      let (rows, inner) = transposeLeft ? (a[n - 1], a[n - 2]) : (a[n - 2], a[n - 1])
      let (innerRight, columns) = transposeRight ? (b[n - 1], b[n - 2]) : (b[n - 2], b[n - 1])
      guard inner == innerRight else { throw fail("contracts \(inner) with \(innerRight)") }
      return floats(Shape(a.dimensions.dropLast(2) + [rows, columns]))

    case .convolution(let geometry):
      try take(2...3)
      try expectRank(0, 4)
      try expectRank(1, 4)
      guard shape(0)[3] == shape(1)[1] else {
        throw fail("x has \(shape(0)[3]) channels, the weight takes \(shape(1)[1])")
      }
      if operands.count == 3 { try expect(2, [shape(1)[0]]) }
      let (rows, columns) = (geometry.rows, geometry.columns)
      guard geometry.stride >= 1,
        [rows.before, rows.after, columns.before, columns.after].allSatisfy({ $0 >= 0 })
      else { throw fail("stride must be at least 1, padding not negative") }
      guard let height = geometry.positions(shape(0)[1], rows, kernel: shape(1)[2]),
        let width = geometry.positions(shape(0)[2], columns, kernel: shape(1)[3])
      else { throw fail("the kernel is larger than the padded image") }
      return floats([shape(0)[0], height, width, shape(1)[0]])
    case .convolutionInputGradient(let geometry, let input):
      try take(2)
      let forward = Operation.convolution(geometry)
      try expect(1, forward.resultTypes([TensorType(input), operands[0]])[0].shape)
      return floats(input)
    case .convolutionWeightGradient(let geometry, let weight):
      try take(2)
      let forward = Operation.convolution(geometry)
      try expect(1, forward.resultTypes([operands[0], TensorType(weight)])[0].shape)
      return floats(weight)
    case .upsampleNearest(let factor):
      try take(1)
      try expectRank(0, 4)
      guard factor >= 1 else { throw fail("the factor must be at least 1") }
      let s = shape(0)
      return floats([s[0], s[1] * factor, s[2] * factor, s[3]])
    case .sumPool(let factor):
      try take(1)
      try expectRank(0, 4)
      let s = shape(0)
      guard factor >= 1, s[1] % factor == 0, s[2] % factor == 0 else {
        throw fail("height and width must be multiples of \(factor)")
      }
      return floats([s[0], s[1] / factor, s[2] / factor, s[3]])
    case .maxPool(let geometry), .averagePool(let geometry):
      try take(1)
      try expectRank(0, 4)
      guard geometry.stride >= 1, (0..<max(geometry.window, 0)).contains(geometry.padding) else {
        throw fail("stride and window must be at least 1, padding from 0 to below the window")
      }
      let s = shape(0)
      guard let height = geometry.positions(s[1]), let width = geometry.positions(s[2]) else {
        throw fail("the window is larger than the padded image")
      }
      return floats([s[0], height, width, s[3]])
    case .maxPoolGradient(let geometry):
      try take(2)
      try expect(1, Operation.maxPool(geometry).resultTypes([operands[0]])[0].shape)
      return floats(shape(0))
    case .averagePoolGradient(let geometry, let input):
      try take(1)
      try expect(0, Operation.averagePool(geometry).resultTypes([TensorType(input)])[0].shape)
      return floats(input)

    case .attention(let heads):
      try take(1)
      try expectHeads(heads)
      return floats([shape(0)[0], shape(0)[1], shape(0)[2] / 3])
    case .attentionGradient(let heads):
      try take(2)
      try expectHeads(heads)
      try expect(1, [shape(0)[0], shape(0)[1], shape(0)[2] / 3])
      return floats(shape(0))
    case .layerNormModulate:
      try take(3)
      try expectRank(0, 3)
      try expect(1, [shape(0)[0], shape(0)[2]])
      try expect(2, [shape(0)[0], shape(0)[2]])
      return floats(shape(0))
    case .layerNormModulateGradient:
      try take(3)
      try expectRank(0, 3)
      try expect(1, [shape(0)[0], shape(0)[2]])
      try expect(2, shape(0))
      return [operands[0], operands[1], operands[1]]
    case .gatedResidual:
      try take(3)
      try expectRank(0, 3)
      try expect(1, [shape(0)[0], shape(0)[2]])
      try expect(2, shape(0))
      return floats(shape(0))
    case .gatedResidualGradient:
      try take(3)
      try expectRank(1, 3)
      try expect(0, [shape(1)[0], shape(1)[2]])
      try expect(2, shape(1))
      return [operands[0], operands[1]]
    case .groupNorm(let settings), .groupNormGradient(let settings):
      let isGradient = if case .groupNormGradient = self { true } else { false }
      try take(isGradient ? 4 : 3)
      guard shape(0).rank >= 2, settings.groups >= 1, shape(0).rowLength % settings.groups == 0
      else {
        throw fail("channels must be a multiple of \(settings.groups) groups")
      }
      try expect(1, [shape(0).rowLength])
      try expect(2, [shape(0).rowLength])
      guard isGradient else { return floats(shape(0)) }
      try expect(3, shape(0))
      return [operands[0], operands[1], operands[2]]

    case .adamW:
      try take(6)
      for index in 1..<5 { try expect(index, shape(0)) }
      try expect(5, [5])
      return [operands[0], operands[0], operands[0], operands[0]]
    }
  }

  /// Whether int32 operands are taken; all other operations calculate and take float32 only.
  private var movesRowNumbers: Bool {
    switch self {
    case .reshape, .transpose, .slice, .concatenate, .gather, .scatterAdd: true
    default: false
    }
  }
}
