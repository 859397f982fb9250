import TensorGraph
import Testing

struct ShapeTests {
  @Test func countsAndStrides() {
    let shape: Shape = [2, 3, 4]
    #expect(shape.elementCount == 24)
    #expect(shape.strides == [12, 4, 1])
    #expect(shape.rowCount == 6)
    #expect(shape.rowLength == 4)
    #expect(Shape.scalar.elementCount == 1)
    #expect(Shape.scalar.strides == [])
    #expect(Shape.scalar.rowCount == 1)
    #expect(Shape.scalar.rowLength == 1)
    #expect(Shape([1 << 40, 1 << 40]).elementCount == .max)
    #expect("\(shape)" == "[2, 3, 4]")
  }

  @Test(
    arguments: [
      ([2, 3], [3], [2, 3]), ([2, 1], [1, 3], [2, 3]), ([], [2], [2]), ([1], [1, 1], [1, 1]),
      ([2, 3], [2], nil), ([2, 3], [3, 2], nil),
    ] as [(Shape, Shape, Shape?)])
  func broadcasts(_ a: Shape, _ b: Shape, _ result: Shape?) {
    #expect(a.broadcast(with: b) == result)
    #expect(b.broadcast(with: a) == result)
  }

  @Test func broadcastStridesAreZeroAlongRepeatedAxes() {
    #expect(Shape([3, 1]).broadcastStrides(to: [2, 3, 4]) == [0, 1, 0])
    #expect(Shape([2, 3]).broadcastStrides(to: [2, 3]) == [3, 1])
    #expect(Shape.scalar.broadcastStrides(to: [2]) == [0])
  }
}
