import CDNN
import CKernels
import TensorGraph

/// 3 × 3 convolutions with a quarter of the products: what is transformed there and back is
/// small beside what is saved, the weight is transformed once, and in float32 rounding is that of
/// a plain sum (`winograd.c`).
///
/// Every worker of the pool transforms, multiplies and joins tiles of its own, so that they stay
/// in its cache; scratch memory depends on the number of workers, not on the images.
private struct Winograd {
  /// Fewer tiles do not pay for weights of four times the size.
  private static let leastTiles = 64

  let kernel: ck_winograd
  let workers: Int

  init?(_ operands: [Lowered.Argument], _ result: Lowered.Argument, _ work: ConvolutionWork) {
    let (x, weight, y, geometry) = (
      operands[0].shape, operands[1].shape, result.shape, work.geometry
    )
    let lanes = Int(CK_WINOGRAD_LANES)
    guard operands[1].isFrozen, weight[2] == 3, weight[3] == 3, geometry.stride == 1,
      weight[0] % lanes == 0, weight[1] % lanes == 0,
      work.activation == nil || work.activation == .relu
    else { return nil }
    let tiles = y[0] * ((y[1] + 3) / 4) * ((y[2] + 3) / 4)
    guard tiles >= Self.leastTiles else { return nil }
    // Of wide layers many tiles share a weight while it is in the cache; of narrow ones few
    // tiles stay there with their products. Every thread gets some.
    let threads = max(CPUExecutor.threads, 1)
    let most = weight[0] + weight[1] > 384 ? 128 : 32
    let chunk = max(16, min(most, ((tiles + threads - 1) / threads + 15) / 16 * 16))
    workers = min(threads, (tiles + chunk - 1) / chunk)
    kernel = ck_winograd(
      N: Int64(x[0]), H: Int64(x[1]), W: Int64(x[2]), C: Int64(x[3]),
      factor: Int64(work.upsampling), above: Int64(geometry.rows.before),
      left: Int64(geometry.columns.before), rows: Int64(y[1]), columns: Int64(y[2]),
      O: Int64(y[3]), chunk: Int64(chunk), relu: work.activation == .relu ? 1 : 0)
  }

  /// The 36 products of one worker.
  func product() throws -> Primitive {
    let (chunk, inputs, outputs) = (Int(kernel.chunk), Int(kernel.C), Int(kernel.O))
    var epilogue = cdnn_epilogue()
    epilogue.alone = 1
    return try Primitive.alone {
      try Primitive.matmul(
        cdnn_tensor([36, chunk, inputs]), cdnn_tensor([36, inputs, outputs], packed: true),
        cdnn_tensor([36, chunk, outputs]), epilogue: epilogue)
    }
  }

  var derivation: PackedWeight.Derivation {
    let (inputs, outputs) = (kernel.C, kernel.O)
    return PackedWeight.Derivation(name: "winograd", bytes: 36 * 4 * Int(inputs * outputs)) {
      ck_winograd_weight($0, $1, outputs, inputs)
    }
  }
}

/// Primitives in an array that C functions walk.
private final class PrimitiveArray {
  let pointer: UnsafeMutablePointer<OpaquePointer>
  private let primitives: [Primitive]

  init(_ primitives: [Primitive]) {
    self.primitives = primitives
    pointer = .allocate(capacity: max(primitives.count, 1))
    for (index, primitive) in primitives.enumerated() {
      (pointer + index).initialize(to: primitive.handle)
    }
  }

  deinit { pointer.deallocate() }
}

extension Lowered {
  /// Nil where minimal filtering does not apply or would not pay.
  static func winograd(_ operands: [Argument], _ result: Argument, _ work: ConvolutionWork) throws
    -> Lowered?
  {
    guard let winograd = Winograd(operands, result, work) else { return nil }
    let (kernel, workers) = (winograd.kernel, winograd.workers)
    let products = try (0..<workers).map { _ in try winograd.product() }
    let bytes = ck_winograd_scratch(kernel)
    let dataBytes = 36 * 4 * Int(kernel.chunk * kernel.C)
    let addsInPlace = work.addend.map { operands[$0].format } == result.format
    return Lowered(
      scratch: [workers * bytes],
      inPlace: addsInPlace ? work.addend.map { [0: $0] } ?? [:] : [:]
    ) { binding in
      for (index, product) in products.enumerated() {
        let area = binding.scratch[0] + index * bytes
        product.bind(CDNN_SRC, area)
        product.bind(CDNN_DST, area + dataBytes)
        _ = try PackedArgument(
          product, CDNN_WEIGHTS, isFrozen: true, derivation: winograd.derivation
        ).bind(product, binding.operands[1], scratch: nil)
      }
      let array = PrimitiveArray(products)
      let (x, y) = (binding.operand(0), binding.result(0))
      let bias = work.bias.map(binding.read)
      let addend = work.addend.map(binding.operand) ?? ck_array(data: nil, format: CK_FLOAT32)
      return [
        {
          let failed = ck_winograd_convolution(
            kernel, x, bias, addend, y, binding.scratch[0], Int32(workers), cdnn_execute_one,
            array.pointer)
          guard failed == 0 else { throw ProgramError("oneDNN failed within a convolution") }
        }
      ]
    }
  }
}
