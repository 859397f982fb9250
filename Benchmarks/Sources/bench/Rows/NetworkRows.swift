import Models
import TensorGraph

extension Row {
  /// One evaluation of a SiT: half of the rows of an even batch are the null class's, as
  /// guidance has them.
  static func forward(
    _ model: String, side: Int = 32, batch: Int, _ cache: WeightCache,
    targets: [Precision: Double] = [:], isLong: Bool = false
  ) -> Row {
    let name = model.lowercased().replacing("/", with: "-")
    return Row(
      name: "sit-\(name)-batch-\(batch)" + (side == 32 ? "" : "-latents-\(side)"),
      title: "SiT-\(model) forward", count: batch, targets: targets, isLong: isLong
    ) { precision in
      var configuration = try SiTConfiguration(named: model)
      configuration.inputSize = side
      let model = try SiT(configuration)
      let graph = Graph()
      let x = try graph.input("x", model.latentShape(batch))
      let t = try graph.input("t", [batch])
      let labels = try graph.input("labels", [batch], .int32)
      graph.output("v", try model(x, t: t, labels: labels))
      let null = Int32(configuration.classes)
      return try Plan(
        graph, variables: cache.weights("SiT \(name) \(side)", of: model.parameters),
        inputs: [
          "x": .normals(x.shape),
          "t": HostTensor([Float](repeating: 0.5, count: batch), shape: [batch]),
          "labels": HostTensor(
            (0..<batch).map { 2 * $0 < batch ? Int32($0) : null }, shape: [batch]),
        ], nodeLimit: 1200, precision: precision)
    }
  }

  /// Latents to one image by the full-size autoencoder of Stable Diffusion.
  /// - Parameter side: of the latents; images are eight times as wide.
  static func decode(side: Int = 32, batch: Int = 1, _ cache: WeightCache) -> Row {
    Row(
      name: "vae-decode" + (side == 32 ? "" : "-latents-\(side)")
        + (batch == 1 ? "" : "-batch-\(batch)"), title: "SD-VAE decode", count: batch
    ) { precision in
      let model = try AutoencoderKL(AutoencoderConfiguration())
      let graph = Graph()
      let latents = try graph.input(
        "latents", [batch, model.configuration.latentChannels, side, side])
      graph.output("image", try model.decode(latents))
      return try Plan(
        graph, variables: cache.weights("SD-VAE decoder", of: model.decoderParameters),
        inputs: ["latents": .normals(latents.shape)], nodeLimit: 250, precision: precision)
    }
  }

  /// FID's features of images that are resized already.
  static func inception(batch: Int, _ cache: WeightCache) -> Row {
    Row(
      name: "inception", title: "Inception features", count: batch,
      targets: [.float32: 0.7, .bfloat16: 0.6]
    ) { precision in
      let model = try InceptionV3()
      let graph = Graph()
      let images = try graph.input("images", [batch, InceptionV3.side, InceptionV3.side, 3])
      for (feature, tensor) in try model(images, [.pool2048, .spatial, .unbiasedLogits]) {
        graph.output(feature.rawValue, tensor)
      }
      return try Plan(
        graph,
        variables: try model.foldedVariables(
          from: cache.weights("Inception", of: model.parameters)),
        inputs: ["images": .normals(images.shape)], nodeLimit: 450, precision: precision)
    }
  }

  /// All that the quickstart's evaluation asks of its own feature network.
  static func solidsFeatures(batch: Int, _ cache: WeightCache) -> Row {
    Row(name: "solids-features", title: "Solids features", count: batch) { precision in
      let model = try FeatureNetwork(FeatureNetworkConfiguration())
      let graph = Graph()
      let side = model.configuration.imageSize
      let images = try graph.input("images", [batch, 3, side, side])
      let outputs = try model(images)
      graph.output("features", outputs.features)
      graph.output("spatial", outputs.spatial)
      graph.output("logits", outputs.logits)
      return try Plan(
        graph, variables: cache.weights("solids features", of: model.parameters),
        inputs: ["images": .normals(images.shape)], nodeLimit: 110, precision: precision)
    }
  }
}
