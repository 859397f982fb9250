import TensorGraph

/// Windows that overlap, tile, leave pixels out and reach beyond the edges.
let poolingCases: [OperationCase] = {
  let geometries: [(Shape, PoolingGeometry)] = [
    ([2, 4, 5, 3], PoolingGeometry(window: 3, stride: 1, padding: 1)),
    ([1, 7, 5, 2], PoolingGeometry(window: 3, stride: 2)),
    // The last row and column meet no window.
    ([1, 6, 4, 2], PoolingGeometry(window: 3, stride: 2)),
    ([2, 4, 6, 1], PoolingGeometry(window: 2, stride: 2)),
    ([1, 5, 4, 2], PoolingGeometry(window: 3, stride: 2, padding: 2)),
    ([1, 2, 3, 3], PoolingGeometry(window: 1, stride: 1)),
    ([1, 1, 1, 2], PoolingGeometry(window: 3, stride: 1, padding: 1)),
    // One window leaves pixels between it and the next.
    ([1, 7, 4, 1], PoolingGeometry(window: 2, stride: 3)),
    // More channels than are pooled at once, and not a multiple of them.
    ([1, 3, 3, 67], PoolingGeometry(window: 3, stride: 2, padding: 1)),
  ]
  return geometries.flatMap { x, geometry in
    let name = "\(x), \(geometry.window) / \(geometry.stride), \(geometry.padding)"
    return [
      OperationCase("maxPool \(name)", [.normal(x)]) { _, x in [try x[0].maxPooled(geometry)] },
      OperationCase("averagePool \(name)", [.normal(x)]) { _, x in
        [try x[0].averagePooled(geometry)]
      },
    ]
  } + [
    OperationCase("averagePoolGradient", [.normal([2, 2, 3, 2])]) { graph, x in
      let geometry = PoolingGeometry(window: 3, stride: 2, padding: 1)
      return try graph.add(.averagePoolGradient(geometry, input: [2, 4, 5, 2]), x)
    }
  ]
}()

/// Sizes at which executors share work among threads.
let largePoolingCases: [OperationCase] = [
  OperationCase("maxPool 2·19·17·96", [.normal([2, 19, 17, 96])]) { _, x in
    [try x[0].maxPooled(PoolingGeometry(window: 3, stride: 2))]
  },
  OperationCase("averagePool 2·17·17·160", [.normal([2, 17, 17, 160])]) { _, x in
    [try x[0].averagePooled(PoolingGeometry(window: 3, stride: 1, padding: 1))]
  },
]
