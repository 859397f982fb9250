import CKernels
import TensorGraph

extension Lowered {
  /// Copies elements, each side through strides and offsets of its own.
  private static func copy(
    _ format: Format, _ dimensions: Shape, from strides: [Int], offset: Int = 0,
    to target: [Int], at start: Int = 0
  ) -> (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void {
    let source = Walk(dimensions, strides)
    let destination = Walk(dimensions, target)
    let bytes = format.elementBytes
    return { x, y in
      ck_copy(
        Int32(bytes), source.rank, source.dimensions, x + bytes * offset, source.strides,
        y + bytes * start, destination.strides)
    }
  }

  static func transpose(
    _ permutation: [Int], _ operand: Shape, _ result: Shape, _ format: Format
  ) -> Lowered {
    let strides = operand.strides
    let move = copy(format, result, from: permutation.map { strides[$0] }, to: result.strides)
    return Lowered { binding in [{ move(binding.operands[0], binding.results[0]) }] }
  }

  static func broadcast(_ operand: Shape, to target: Shape, _ format: Format) -> Lowered {
    let move = copy(
      format, target, from: operand.broadcastStrides(to: target), to: target.strides)
    return Lowered { binding in [{ move(binding.operands[0], binding.results[0]) }] }
  }

  static func slice(
    _ axis: Int, _ start: Int, _ operand: Shape, _ result: Shape, _ format: Format
  ) -> Lowered {
    let strides = operand.strides
    let move = copy(
      format, result, from: strides, offset: start * strides[axis], to: result.strides)
    return Lowered { binding in [{ move(binding.operands[0], binding.results[0]) }] }
  }

  static func pad(
    _ axis: Int, _ before: Int, _ operand: Shape, _ result: Shape, _ format: Format
  ) -> Lowered {
    let strides = result.strides
    let bytes = result.elementCount * format.elementBytes
    let move = copy(
      format, operand, from: operand.strides, to: strides, at: before * strides[axis])
    return Lowered { binding in
      [
        {
          ck_zero(binding.results[0], bytes)
          move(binding.operands[0], binding.results[0])
        }
      ]
    }
  }

  static func concatenate(
    _ axis: Int, _ operands: [Shape], _ result: Shape, _ format: Format
  ) -> Lowered {
    let strides = result.strides
    var start = 0
    let moves = operands.map { operand in
      defer { start += operand[axis] }
      return copy(
        format, operand, from: operand.strides, to: strides, at: start * strides[axis])
    }
    return Lowered { binding in
      zip(moves, binding.operands).map { move, operand in
        { move(operand, binding.results[0]) }
      }
    }
  }

  static func gather(table: Shape, ids: Shape) -> Lowered {
    let (rows, width) = (Int64(table[0]), Int64(table[1]))
    let count = Int64(ids.elementCount)
    return Lowered { binding in
      let ids = binding.operands[1].assumingMemoryBound(to: Int32.self)
      let (table, y) = (binding.read(0), binding.write(0))
      return [
        {
          let bad = ck_gather(table, rows, width, ids, count, y)
          guard bad < 0 else { throw rowError(ids[Int(bad)], at: bad, rows: rows) }
        }
      ]
    }
  }

  static func scatterAdd(rows: Int, updates: Shape) -> Lowered {
    let width = Int64(updates.rowLength)
    let count = Int64(updates.rowCount)
    return Lowered { binding in
      let ids = binding.operands[0].assumingMemoryBound(to: Int32.self)
      let (x, y) = (binding.read(1), binding.write(0))
      return [
        {
          let bad = ck_scatter_add(ids, x, count, y, Int64(rows), width)
          guard bad < 0 else { throw rowError(ids[Int(bad)], at: bad, rows: Int64(rows)) }
        }
      ]
    }
  }

  private static func rowError(_ id: Int32, at position: Int64, rows: Int64) -> ProgramError {
    ProgramError("row number \(id) at position \(position): the table has rows 0..<\(rows)")
  }

  static func reduceSum(_ axes: [Int], _ argument: Argument) -> Lowered {
    let (operand, format) = (argument.shape, argument.format)
    // Reduced axes side by side are one; otherwise the operand is brought into that order.
    let kept = operand.dimensions.indices.filter { !axes.contains($0) }
    let sizes = operand.dimensions
    func product(_ axes: some Sequence<Int>) -> Int { axes.reduce(1) { $0 * sizes[$1] } }
    let isBlock = axes.isEmpty || (axes.last ?? 0) - (axes.first ?? 0) == axes.count - 1
    let outer = isBlock ? product(kept.filter { $0 < axes.first ?? 0 }) : product(kept)
    let inner = isBlock ? product(kept.filter { $0 > axes.last ?? 0 }) : 1
    let reduced = product(axes)
    var scratch = [ck_reduce_scratch(Int64(outer), Int64(reduced), Int64(inner))]
    var move: ((UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void)?
    if !isBlock {
      let order = kept + axes
      let shape = Shape(order.map { sizes[$0] })
      let strides = operand.strides
      move = copy(format, shape, from: order.map { strides[$0] }, to: shape.strides)
      scratch.append(format.byteCount(argument.type))
    }
    return Lowered(scratch: scratch) { binding in
      let y = binding.write(0)
      let ordered = move == nil ? binding.operands[0] : binding.scratch[1]
      return [
        {
          move?(binding.operands[0], ordered)
          ck_reduce_sum(
            ck_array(data: ordered, format: format.kernelFormat), y, Int64(outer),
            Int64(reduced), Int64(inner), binding.scratch[0])
        }
      ]
    }
  }

  static func upsample(_ s: Shape, _ factor: Int) -> Lowered {
    Lowered { binding in
      let (x, y) = (binding.operand(0), binding.result(0))
      return [
        { ck_upsample(x, y, Int64(s[0]), Int64(s[1]), Int64(s[2]), Int64(s[3]), Int64(factor)) }
      ]
    }
  }

  static func sumPool(_ s: Shape, _ factor: Int) -> Lowered {
    Lowered { binding in
      let (x, y) = (binding.operand(0), binding.result(0))
      return [
        { ck_sum_pool(x, y, Int64(s[0]), Int64(s[1]), Int64(s[2]), Int64(s[3]), Int64(factor)) }
      ]
    }
  }
}
