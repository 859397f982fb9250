import TensorGraph

/// PyTorch's AdamW: the decay of the weights comes first and does not enter
/// the moments. Operands and results as `Operation.adamW` gives them.
func adamW<Scalar: BinaryFloatingPoint>(_ operands: [Dense<Scalar>], _ settings: AdamWSettings)
  -> [[Scalar]]
{
  var (p, m, v, average) = (operands[0], operands[2], operands[3], operands[4])
  let gradient = operands[1]
  let rates = operands[5]
  let (rate, correction1, correction2) = (rates[0], rates[1], rates[2])
  let (decay, factor) = (rates[3], rates[4])
  let (beta1, beta2) = (Scalar(settings.beta1), Scalar(settings.beta2))
  let (gain1, gain2) = (Scalar(1 - settings.beta1), Scalar(1 - settings.beta2))
  let (epsilon, weightDecay) = (Scalar(settings.epsilon), Scalar(settings.weightDecay))
  for i in p.elements.indices {
    let g = gradient[i] * factor
    m[i] = beta1 * m[i] + gain1 * g
    v[i] = beta2 * v[i] + gain2 * g * g
    p[i] -= rate * weightDecay * p[i]
    p[i] -= rate * (m[i] / correction1) / ((v[i] / correction2).squareRoot() + epsilon)
    average[i] = decay * average[i] + (1 - decay) * p[i]
  }
  return [p.elements, m.elements, v.elements, average.elements]
}
