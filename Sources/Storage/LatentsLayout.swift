import Diagnostics

/// The latents layout in HDF5's terms: the one place for the names of datasets
/// and attributes. `docs/formats.md` describes the same.
extension LatentsIndex {
  /// Creates the file's structure at `path` and returns the index with the
  /// places where the values go.
  func create(_ path: String, userBlockSize: Int) throws -> LatentsIndex {
    let latents = [count, 2, description.channels, description.height, description.width]
    return try HDF5.create(path, userBlock: userBlockSize) { file in
      try file.put(LatentsIndex.format)
      try file.put("created_by", description.createdBy)
      try file.put("vae_hash", description.vaeHash)
      try file.put("scaling_factor", description.scalingFactor)
      try file.put("image_size", description.imageSize)
      try file.put("label_policy", description.labelPolicy)
      try file.put("configuration", description.configuration)
      try file.put("inputs_hash", inputsHash)
      var index = self
      index.mean = try file.createDataset(
        "mean", .float32, shape: latents,
        description: "Posterior means (N, 2, C, H, W), unscaled; axis 1: image as is, image "
          + "flipped horizontally")
      index.logVariance = try file.createDataset(
        "log_variance", .float32, shape: latents,
        description: "Natural logarithms of the posterior variances (N, 2, C, H, W), clamped to "
          + "[-30, 20]; axis 1 as in mean")
      index.labels = try file.createDataset(
        "labels", .int32, shape: [count],
        description: "Class labels (N), indices into class_names")
      index.sourcePaths = try file.createDataset(
        "source_paths", .text(width: sourcePathWidth), shape: [count],
        description: "Image files (N), relative to the data folder, UTF-8")
      index.classNames = try file.createDataset(
        "class_names", .text(width: classNameWidth), shape: [description.classNames.count],
        description: "Names of the labels (K), UTF-8, empty where no image has the label")
      return index
    }
  }

  /// Reads the structure of a file. Only in a child process: see ``HDF5Probe``.
  init(probing path: String) throws {
    self = try HDF5.open(path) { file in
      try file.check(LatentsIndex.format)
      let mean = try file.numbers("mean", .float32, rank: 5)
      let logVariance = try file.numbers("log_variance", .float32, rank: 5)
      let labels = try file.numbers("labels", .int32, rank: 1)
      let sources = try file.texts("source_paths")
      let classes = try file.texts("class_names")
      guard mean.shape == logVariance.shape, mean.shape[1] == 2,
        mean.shape[0] == labels.shape[0], mean.shape[0] == sources.dataset.shape[0]
      else {
        throw InputError(
          path, expected: "mean, log_variance (N, 2, C, H, W), labels, source_paths (N)",
          found: "\(mean.shape), \(logVariance.shape), \(labels.shape), \(sources.dataset.shape)")
      }
      let description = LatentsDescription(
        channels: mean.shape[2], height: mean.shape[3], width: mean.shape[4],
        classNames: try file.shortTexts("class_names"),
        labelPolicy: try file.text("label_policy"), vaeHash: try file.text("vae_hash"),
        scalingFactor: try file.double("scaling_factor"),
        imageSize: try file.integer("image_size"), configuration: try file.text("configuration"),
        createdBy: try file.text("created_by"))
      return LatentsIndex(
        description: description, inputsHash: try file.text("inputs_hash"),
        count: mean.shape[0], mean: mean.offset ?? .max, logVariance: logVariance.offset ?? .max,
        labels: labels.offset ?? .max, sourcePaths: sources.dataset.offset ?? .max,
        classNames: classes.dataset.offset ?? .max, sourcePathWidth: sources.width,
        classNameWidth: classes.width)
    }
  }
}
