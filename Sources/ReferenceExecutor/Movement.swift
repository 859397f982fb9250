import TensorGraph

/// Where each element of a movement's result comes from: a position in the
/// operands' elements, one operand after the other, or nil for a zero.
func movementSources(_ operation: Operation, _ operands: [Shape], result: Shape) -> [Int?] {
  let x = operands[0]
  switch operation {
  case .transpose(let permutation):
    return result.indices.map { index in
      var source = index
      for (i, axis) in permutation.enumerated() { source[axis] = index[i] }
      return position(source, x.strides)
    }
  case .broadcast:
    let strides = x.broadcastStrides(to: result)
    return result.indices.map { position($0, strides) }
  case .slice(let axis, let start, _):
    return result.indices.map { index in
      var source = index
      source[axis] += start
      return position(source, x.strides)
    }
  case .pad(let axis, let before, _):
    return result.indices.map { index in
      var source = index
      source[axis] -= before
      return (0..<x[axis]).contains(source[axis]) ? position(source, x.strides) : nil
    }
  case .concatenate(let axis):
    return result.indices.map { index in
      var source = index
      var earlier = 0
      for operand in operands {
        if source[axis] < operand[axis] { return earlier + position(source, operand.strides) }
        source[axis] -= operand[axis]
        earlier += operand.elementCount
      }
      return nil
    }
  default:  // a reshape moves nothing
    return result.indices.indices.map { $0 }
  }
}

/// Rows of `table` (V, D) by number.
/// - Throws: `ProgramError` for a number that is no row.
func gather<Scalar>(_ table: Dense<Scalar>, _ rows: [Int32]) throws -> [Scalar] {
  try rows.flatMap { row in
    let row = try checked(row, below: table.shape[0], "gather")
    return (0..<table.shape[1]).map { table[row, $0] }
  }
}

func scatterAdd<Scalar: BinaryFloatingPoint>(
  _ rows: [Int32], _ updates: Dense<Scalar>, result: Shape
) throws -> [Scalar] {
  var sum = Dense(result, repeating: Scalar(0))
  for (i, row) in rows.enumerated() {
    let row = try checked(row, below: result[0], "scatterAdd")
    for d in 0..<result[1] { sum[row, d] += updates[i * result[1] + d] }
  }
  return sum.elements
}

private func checked(_ row: Int32, below count: Int, _ operation: String) throws -> Int {
  guard (0..<count).contains(Int(row)) else {
    throw ProgramError("\(operation): row number \(row) is not in 0..<\(count)")
  }
  return Int(row)
}

func reduceSum<Scalar: BinaryFloatingPoint>(_ x: Dense<Scalar>, _ axes: [Int], result: Shape)
  -> [Scalar]
{
  var sum = Dense(result, repeating: Scalar(0))
  let kept = x.shape.dimensions.indices.filter { !axes.contains($0) }
  for (element, index) in zip(x.elements, x.shape.indices) {
    sum[position(kept.map { index[$0] }, result.strides)] += element
  }
  return sum.elements
}
