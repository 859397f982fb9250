import EngineTestSupport
import Foundation
import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Training

@Suite struct ClassificationLossTests {
  /// `body` of `x`, (rows, columns), in double precision.
  private func evaluate(
    _ x: [Double], _ shape: Shape, _ body: (Tensor) throws -> Tensor
  ) throws -> [Double] {
    let graph = Graph()
    graph.output("y", try body(graph.input("x", shape)))
    return try #require(try ReferenceExecutor<Double>().evaluate(graph, inputs: ["x": x])["y"])
  }

  /// The logarithms of exp(1), exp(2), exp(3) over their sum, wherever the row lies.
  @Test(arguments: [0.0, 1000, -1000, 1e30])
  func logSoftmaxIsStable(shift: Double) throws {
    // At 1e30 neighbours cannot be told apart: all three are equal.
    let row = [1, 2, 3].map { $0 + shift }
    let found = try evaluate(row, [1, 3]) { try $0.logSoftmax() }
    let sum = row.map { exp($0 - row[2]) }.reduce(0, +)
    for (value, logit) in zip(found, row) {
      #expect(abs(value - (logit - row[2] - log(sum))) < 1e-9)
    }
  }

  /// Also of a class whose probability is nothing in binary32.
  @Test func logSoftmaxOfTheHopelessIsFinite() throws {
    let found = try evaluate([0, -2000, 0, 0], [2, 2]) { try $0.logSoftmax() }
    #expect(found[0] == 0)
    #expect(found[1] == -2000)
    #expect(abs(found[2] + log(2)) < 1e-12)
  }

  @Test(arguments: 1...9) func maximaOfRows(columns: Int) throws {
    for place in 0..<columns {
      let row = (0..<columns).map { $0 == place ? 5.0 : -Double($0) }
      let found = try evaluate(row + row.map(-), [2, columns]) { try $0.maximumOfRows() }
      #expect(found == [5, row.map(-).max()])
    }
  }

  @Test func oneHotRows() throws {
    let found = try evaluate([2, 0], [2]) { try $0.oneHot(3) }
    #expect(found == [0, 0, 1, 1, 0, 0])
  }

  /// Against central differences, in double precision.
  @Test(arguments: [2, 3, 5]) func gradients(columns: Int) throws {
    let operation = OperationCase("log softmax", [.normal([4, columns])]) { _, inputs in
      [try inputs[0].logSoftmax(), try inputs[0].maximumOfRows()]
    }
    let largest = try checkGradients(operation)
    #expect(largest.error < 1e-6, "\(largest)")
  }

  private var tiny: FeatureNetworkConfiguration {
    var configuration = FeatureNetworkConfiguration()
    (configuration.imageSize, configuration.widths) = (16, [4, 8, 8])
    (configuration.normGroups, configuration.featureWidth) = (2, 15)
    (configuration.spatialChannels, configuration.classes) = (2, 3)
    return configuration
  }

  /// The parts are those of the network's own outputs, taken apart by hand.
  @Test func partsAreWhatTheySay() throws {
    let model = try FeatureNetwork(tiny)
    let loss = ClassificationLoss(model, layoutWeight: 0.5)
    #expect(loss.inputs == [BatchInput("images", [3, 16, 16]), BatchInput("classes")])
    let graph = Graph()
    let images = try graph.input("images", [4, 3, 16, 16])
    let losses = try loss(
      ["images": images, "classes": graph.input("classes", [4])], weights: .model)
    graph.output("total", losses.total)
    for part in losses.parts { graph.output(part.name, part.values) }
    let outputs = try model(images)
    graph.output("logits", outputs.logits)
    graph.output("found", outputs.layout)

    let pixels = (0..<4 * 768).map { sin(Double($0 * $0 % 977)) }
    let classes: [Double] = [0, 2, 1, 1]
    let weights = model.parameters.initialised(seed: 4).mapValues { $0.array().map(Double.init) }
    let values = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["images": pixels, "classes": classes], variables: weights)
    func value(_ name: String) throws -> [Double] { try #require(values[name]) }

    for row in 0..<4 {
      let logits = try value("logits")[3 * row..<3 * row + 3].map { $0 }
      let own = logits[Int(classes[row])]
      let entropy = log(logits.map(exp).reduce(0, +)) - own
      var layout = 0.0
      for channel in 0..<3 {
        for y in 0..<8 {
          for x in 0..<8 {
            let corner = ((4 * 0 + row) * 3 + channel) * 256 + 32 * y + 2 * x
            let mean = [0, 1, 16, 17].map { pixels[corner + $0] }.reduce(0, +) / 4
            let difference = try value("found")[((row * 3 + channel) * 8 + y) * 8 + x] - mean
            layout += difference * difference / 192
          }
        }
      }
      #expect(abs(try value("cross_entropy")[row] - entropy) < 1e-9)
      // One over the number of pixels is rounded to binary32.
      #expect(abs(try value("layout")[row] - layout) < 1e-7 * layout)
      #expect(abs(try value("total")[row] - entropy - 0.5 * layout) < 1e-7 * layout)
      let isBest = logits.filter { $0 >= own }.count == 1
      #expect(try value("accuracy")[row] == (isBest ? 1 : 0))
    }
    #expect(Set(try value("accuracy")) == [0, 1])
  }

  /// A network that says the same of every class is right nowhere.
  @Test func tiesAreNoHits() throws {
    let model = try FeatureNetwork(tiny)
    let loss = ClassificationLoss(model, layoutWeight: 0)
    let graph = Graph()
    let losses = try loss(
      ["images": graph.input("images", [1, 3, 16, 16]), "classes": graph.input("classes", [1])],
      weights: .model)
    graph.output("accuracy", try #require(losses.parts.last).values)
    graph.output("total", losses.total)
    let weights = Dictionary(
      uniqueKeysWithValues: model.parameters.map {
        ($0.path, [Double](repeating: 0, count: $0.shape.elementCount))
      })
    let values = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["images": [Double](repeating: 0.5, count: 768), "classes": [1]],
      variables: weights)
    #expect(values["accuracy"] == [0])
    #expect(abs(try #require(values["total"]?.first) - log(3)) < 1e-12)
  }

  /// The whole loss against central differences in some weights of every tensor.
  @Test func gradientOfEveryWeight() throws {
    let model = try FeatureNetwork(tiny)
    let loss = ClassificationLoss(model, layoutWeight: 2)
    let graph = Graph()
    let losses = try loss(
      ["images": graph.input("images", [2, 3, 16, 16]), "classes": graph.input("classes", [2])],
      weights: .model)
    let total = try losses.total.sum()
    graph.output("total", total)
    let variables = try model.parameters.map { try graph.variable($0.path, $0.shape) }
    for (parameter, gradient) in zip(
      model.parameters, try total.gradients(withRespectTo: variables))
    {
      graph.output("grad/\(parameter.path)", gradient)
    }
    let inputs = [
      "images": (0..<1536).map { cos(Double($0 * $0 % 619)) }, "classes": [2.0, 0],
    ]
    let weights = model.parameters.initialised(seed: 4).mapValues { $0.array().map(Double.init) }
    let executor = ReferenceExecutor<Double>()
    let found = try executor.evaluate(graph, inputs: inputs, variables: weights)
    let forward = Graph()
    forward.output(
      "total",
      try loss(
        [
          "images": forward.input("images", [2, 3, 16, 16]),
          "classes": forward.input("classes", [2]),
        ], weights: .model
      ).total.sum())
    for parameter in model.parameters {
      let gradient = try #require(found["grad/\(parameter.path)"])
      for element in Set([0, gradient.count / 2, gradient.count - 1]) {
        let sides = try [1e-5, -1e-5].map { step in
          var moved = weights
          moved[parameter.path]?[element] += step
          let values = try executor.evaluate(forward, inputs: inputs, variables: moved)
          return try #require(values["total"]?.first)
        }
        let quotient = (sides[0] - sides[1]) / 2e-5
        #expect(
          abs(gradient[element] - quotient) <= 1e-6 * max(1, abs(quotient)),
          "\(parameter.path)[\(element)]")
      }
    }
  }
}
