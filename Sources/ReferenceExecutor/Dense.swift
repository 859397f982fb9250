import TensorGraph

/// A tensor of the reference executor: its elements, row-major.
struct Dense<Element> {
  let shape: Shape
  var elements: [Element]

  init(_ shape: Shape, _ elements: [Element]) {
    self.shape = shape
    self.elements = elements
  }

  init(_ shape: Shape, repeating element: Element) {
    self.init(shape, Array(repeating: element, count: shape.elementCount))
  }

  subscript(i: Int) -> Element {
    get { elements[i] }
    set { elements[i] = newValue }
  }
  subscript(i: Int, j: Int) -> Element {
    get { elements[i * shape[1] + j] }
    set { elements[i * shape[1] + j] = newValue }
  }
  subscript(i: Int, j: Int, k: Int) -> Element {
    get { elements[(i * shape[1] + j) * shape[2] + k] }
    set { elements[(i * shape[1] + j) * shape[2] + k] = newValue }
  }
  subscript(i: Int, j: Int, k: Int, l: Int) -> Element {
    get { elements[((i * shape[1] + j) * shape[2] + k) * shape[3] + l] }
    set { elements[((i * shape[1] + j) * shape[2] + k) * shape[3] + l] = newValue }
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
  zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
}
