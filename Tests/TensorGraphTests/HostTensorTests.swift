import TensorGraph
import Testing

struct HostTensorTests {
  @Test func startsWithZeros() {
    let tensor = HostTensor(shape: [3, 5])
    #expect(tensor.array() == [Float](repeating: 0, count: 15))
    #expect(tensor.type == TensorType([3, 5]))
    withExtendedLifetime(tensor) { #expect(UInt(bitPattern: tensor.bytes.baseAddress) % 64 == 0) }
    let rows = HostTensor(TensorType([2], .int32))
    withExtendedLifetime(rows) { #expect(Array(rows.integers) == [0, 0]) }
    #expect(HostTensor(shape: .scalar).array() == [0])
  }

  @Test func holdsWhatItIsGiven() {
    #expect(HostTensor([1, 2, 3] as [Float], shape: [3, 1]).array() == [1, 2, 3])
    let rows = HostTensor([1, -2] as [Int32], shape: [2])
    #expect(Array(rows.integers) == [1, -2])
    #expect(rows.type.element == .int32)
  }

  @Test func copiesAreApartReferencesAreNot() {
    let tensor = HostTensor([1, 2] as [Float], shape: [2])
    let (same, copy) = (tensor, tensor.copy())
    tensor.floats[0] = 7
    #expect(same.array() == [7, 2])
    #expect(copy.array() == [1, 2])
    copy.copyContents(of: tensor)
    #expect(copy.array() == [7, 2])
  }
}
