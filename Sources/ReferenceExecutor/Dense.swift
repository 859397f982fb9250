import TensorGraph

/// A tensor of the reference executor: its elements, row-major.
struct Dense<Element> {
  let shape: Shape
  var elements: [Element]
  /// Sizes of the second, third and fourth axis, for indices of as many parts.
  private let second, third, fourth: Int

  init(_ shape: Shape, _ elements: [Element]) {
    self.shape = shape
    self.elements = elements
    second = shape.rank > 1 ? shape[1] : 1
    third = shape.rank > 2 ? shape[2] : 1
    fourth = shape.rank > 3 ? shape[3] : 1
  }

  init(_ shape: Shape, repeating element: Element) {
    self.init(shape, Array(repeating: element, count: shape.elementCount))
  }

  subscript(i: Int) -> Element {
    get { elements[i] }
    set { elements[i] = newValue }
  }
  subscript(i: Int, j: Int) -> Element {
    get { elements[i * second + j] }
    set { elements[i * second + j] = newValue }
  }
  subscript(i: Int, j: Int, k: Int) -> Element {
    get { elements[(i * second + j) * third + k] }
    set { elements[(i * second + j) * third + k] = newValue }
  }
  subscript(i: Int, j: Int, k: Int, l: Int) -> Element {
    get { elements[((i * second + j) * third + k) * fourth + l] }
    set { elements[((i * second + j) * third + k) * fourth + l] = newValue }
  }

  /// The same elements under another shape.
  func reshaped(_ shape: Shape) -> Dense { Dense(shape, elements) }
}

/// A value of a graph while it is evaluated.
enum ReferenceValue<Scalar> {
  case scalars([Scalar])
  case integers([Int32])
}

extension Shape {
  /// Every index, in row-major order: `[[]]` for a scalar.
  var indices: [[Int]] {
    dimensions.reduce([[]]) { prefixes, size in
      prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } }
    }
  }
}

/// Where the element at `index` lies in memory.
func position(_ index: [Int], _ strides: [Int]) -> Int {
  index.indices.reduce(0) { $0 + index[$1] * strides[$1] }
}
