import TensorGraph

/// Adams–Bashforth with the predictor F: the integral of the polynomial through the last
/// velocities.
///
///     dᵢ = F(x, tᵢ)
///     x ← x + w₀·dᵢ + w₁·dᵢ₋₁ (+ w₂·dᵢ₋₂)
///
/// The weights are those of the steps' own lengths, on uniform times Δt·(3, −1)/2 and
/// Δt·(23, −16, 5)/12. Order 2 or 3, one evaluation; hands on its velocities. Source: Hairer,
/// Nørsett, Wanner, "Solving ordinary differential equations I", 1993, sections III.1 and III.5.
struct AdamsBashforthBlock: BlockFunction {
  enum Order: Int { case two = 2, three }
  let order: Order

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, last) = try (step.x, step.velocity)
    let d = try step.predict(x, at: .start)
    var next = try x + step.coefficient(.ofNew) * d + step.coefficient(.ofLast) * last
    if order == .three {
      next = try next + step.coefficient(.ofEarlier) * step.state(.earlierVelocity)
    }
    return BlockResult(x: next, velocity: d, others: [.earlierVelocity: last])
  }

  func coefficients(_ step: GridStep) -> [Coefficient: Double] {
    let names: [Coefficient] = [.ofNew, .ofLast, .ofEarlier]
    let weights = Self.weights(step, order.rawValue)
    return Dictionary(uniqueKeysWithValues: zip(names, weights))
  }

  /// ∫ over the step of the polynomials that are 1 at one of the last `count` times and 0 at
  /// the others, latest time first; with z from the step's start.
  static func weights(_ step: GridStep, _ count: Int) -> [Double] {
    let start = Double(step.start)
    let length = Double(step.end) - start
    let nodes = (0..<count).map { Double(step.times[max(step.index - $0, 0)]) - start }
    return nodes.indices.map { node in
      // Coefficients of Π (z − zⱼ)/(zₙ − zⱼ), the constant first.
      var polynomial = [1.0]
      for other in nodes.indices where other != node {
        let scale = 1 / (nodes[node] - nodes[other])
        var product = [Double](repeating: 0, count: polynomial.count + 1)
        for (power, value) in polynomial.enumerated() {
          product[power] -= value * nodes[other] * scale
          product[power + 1] += value * scale
        }
        polynomial = product
      }
      var (integral, power) = (0.0, length)
      for (index, value) in polynomial.enumerated() {
        integral += value * power / Double(index + 1)
        power *= length
      }
      return integral
    }
  }
}

extension AdamsBashforthBlock {
  /// The steps of `ab2`: Euler's rule first, whose single error of second order does not
  /// change the order of the whole.
  static func second(steps: Int) -> [any BlockFunction] {
    [EulerBlock()] + Array(repeating: Self(order: .two), count: steps - 1)
  }

  /// The steps of `ab3`: Heun's rule first, which costs an evaluation more, then one of order 2.
  static func third(steps: Int) -> [any BlockFunction] {
    let start: [any BlockFunction] = [HeunBlock(handsOn: .first), Self(order: .two)]
    return start.prefix(steps) + Array(repeating: Self(order: .three), count: max(steps - 2, 0))
  }
}
