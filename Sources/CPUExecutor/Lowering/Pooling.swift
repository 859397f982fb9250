import CKernels
import TensorGraph

extension ck_pool {
  /// - Parameter x: shape (N, H, W, C) of what is pooled.
  fileprivate init(_ x: Shape, _ geometry: PoolingGeometry) {
    self.init(
      N: Int64(x[0]), H: Int64(x[1]), W: Int64(x[2]), C: Int64(x[3]),
      window: Int64(geometry.window), stride: Int64(geometry.stride),
      padding: Int64(geometry.padding))
  }
}

extension Lowered {
  static func maxPool(_ x: Shape, _ geometry: PoolingGeometry) -> Lowered {
    let pool = ck_pool(x, geometry)
    return Lowered { binding in
      let (x, y) = (binding.operand(0), binding.result(0))
      return [{ ck_max_pool(pool, x, y) }]
    }
  }

  static func maxPoolGradient(_ x: Shape, _ geometry: PoolingGeometry) -> Lowered {
    let pool = ck_pool(x, geometry)
    return Lowered { binding in
      let (x, dy, dx) = (binding.read(0), binding.read(1), binding.write(0))
      return [{ ck_max_pool_gradient(pool, x, dy, dx) }]
    }
  }

  static func averagePool(_ x: Shape, _ geometry: PoolingGeometry) -> Lowered {
    let pool = ck_pool(x, geometry)
    return Lowered { binding in
      let (x, y) = (binding.operand(0), binding.result(0))
      return [{ ck_average_pool(pool, x, y) }]
    }
  }

  static func averagePoolGradient(_ x: Shape, _ geometry: PoolingGeometry) -> Lowered {
    let pool = ck_pool(x, geometry)
    return Lowered { binding in
      let (dy, dx) = (binding.read(0), binding.write(0))
      return [{ ck_average_pool_gradient(pool, dy, dx) }]
    }
  }
}
