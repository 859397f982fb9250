import CKernels
import TensorGraph

extension Lowered {
  static func adamW(_ settings: AdamWSettings, _ type: TensorType) -> Lowered {
    let count = type.shape.elementCount
    let constants = ck_adamw_settings(
      beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      weight_decay: settings.weightDecay)
    return Lowered(inPlace: [0: 0, 1: 2, 2: 3, 3: 4]) { b in
      let (p, g, m, v) = (b.read(0), b.read(1), b.read(2), b.read(3))
      let (average, rates) = (b.read(4), b.read(5))
      let (pOut, mOut, vOut, averageOut) = (b.write(0), b.write(1), b.write(2), b.write(3))
      return [
        {
          ck_adamw(
            constants, p, g, m, v, average, rates, pOut, mOut, vOut, averageOut, count)
        }
      ]
    }
  }
}
