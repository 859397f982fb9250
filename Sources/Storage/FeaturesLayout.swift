import Diagnostics

/// The features' layout in HDF5's terms: the one place for the names of attributes.
/// `docs/formats.md` describes the same.
extension FeaturesIndex {
  /// Creates the file's structure at `path` and returns the index with the places where the
  /// values go.
  func create(_ path: String, userBlockSize: Int) throws -> FeaturesIndex {
    try HDF5.create(path, userBlock: userBlockSize) { file in
      try file.put(Self.format)
      try file.put("created_by", description.createdBy)
      try file.put("extractor", description.extractor)
      try file.put("preprocessing", description.preprocessing)
      try file.put("weights_hash", description.weightsHash)
      try file.put("input_size", description.inputSize)
      try file.put("dimensions", description.dimensions)
      try file.put("spatial_dimensions", description.spatialDimensions)
      try file.put("logit_dimensions", description.logitDimensions)
      try file.put("batch", description.batch)
      try file.put("label_policy", description.labelPolicy)
      try file.put("classes", description.classNames.count)
      try file.put("images_examined", examined)
      try file.put("inputs_hash", inputsHash)
      var index = self
      for column in description.columns {
        index.places[column.rawValue]?.offset = try file.createDataset(
          column.rawValue, .float32, shape: [count, description.dimensions(of: column)],
          description: column.meaning)
      }
      for dataset in Dataset.allCases {
        guard let place = places[dataset.rawValue] else { continue }
        let (element, shape) = dataset.kind(place)
        index.places[dataset.rawValue]?.offset = try file.createDataset(
          dataset.rawValue, element, shape: shape, description: dataset.meaning)
      }
      return index
    }
  }

  init(probing path: String) throws {
    self = try HDF5.open(path) { file in
      try file.check(FeaturesIndex.format)
      let classes = try file.integer("classes")
      let description = FeaturesDescription(
        extractor: try file.text("extractor"), preprocessing: try file.text("preprocessing"),
        weightsHash: try file.text("weights_hash"), inputSize: try file.integer("input_size"),
        dimensions: try file.integer("dimensions"),
        spatialDimensions: try file.integer("spatial_dimensions"),
        logitDimensions: try file.integer("logit_dimensions"), batch: try file.integer("batch"),
        labelPolicy: try file.text("label_policy"),
        classNames: classes > 0 ? try file.shortTexts(Dataset.classNames.rawValue) : [],
        createdBy: try file.text("created_by"))
      guard description.isSound else {
        throw InputError(path, expected: "sound dimensions", found: "others")
      }
      var index = FeaturesIndex(
        description: description, inputsHash: try file.text("inputs_hash"),
        count: try file.numbers(FeatureColumn.features.rawValue, .float32, rank: 2).shape[0],
        examined: try file.integer("images_examined"))
      for column in description.columns {
        let found = try file.numbers(column.rawValue, .float32, rank: 2)
        guard found.shape[1] == description.dimensions(of: column) else {
          throw InputError(
            "\(path): dataset '\(column.rawValue)'",
            expected: "(N, \(description.dimensions(of: column)))", found: "\(found.shape)")
        }
        index.places[column.rawValue] = Place(
          offset: found.offset ?? .max, size: 4 * found.shape[1], count: found.shape[0])
      }
      for dataset in Dataset.allCases {
        if dataset == .labels, !description.hasLabels { continue }
        if dataset == .classNames, classes <= 0 { continue }
        index.places[dataset.rawValue] = try dataset.place(in: file)
      }
      return index
    }
  }
}

extension FeatureColumn {
  fileprivate var meaning: String {
    switch self {
    case .features: "Features (N, d) of the images, which FID and the other metrics compare"
    case .spatial: "Spatial features (N, s) for sFID, in the order rows, columns, channels"
    case .logits: "Logits (N, c) of the network's classes, for the Inception Score"
    }
  }
}

extension FeaturesIndex.Dataset {
  fileprivate var meaning: String {
    switch self {
    case .hashes: "SHA-256 (N) of each image: of the file's bytes, or of an npz image's pixels"
    case .formats: "What each image was stored as (N): png, jpeg or npz"
    case .sizes: "Width and height (N, 2) of each image in pixels"
    case .sources: "Places (N) in the list of images; those of broken ones are missing"
    case .labels: "Class labels (N)"
    case .classNames: "Names of the labels (K), UTF-8, empty where no image has the label"
    }
  }

  fileprivate func kind(_ place: FeaturesIndex.Place) -> (HDF5.Dataset.Element, shape: [Int]) {
    switch self {
    case .hashes, .formats, .classNames: (.text(width: place.size), [place.count])
    case .sizes: (.int32, [place.count, 2])
    case .sources, .labels: (.int32, [place.count])
    }
  }

  fileprivate func place(in file: HDF5) throws -> FeaturesIndex.Place {
    switch self {
    case .hashes, .formats, .classNames:
      let (found, width) = try file.texts(rawValue)
      return .init(offset: found.offset ?? .max, size: width, count: found.shape[0])
    case .sizes:
      let found = try file.numbers(rawValue, .int32, rank: 2)
      return .init(offset: found.offset ?? .max, size: 4 &* found.shape[1], count: found.shape[0])
    case .sources, .labels:
      let found = try file.numbers(rawValue, .int32, rank: 1)
      return .init(offset: found.offset ?? .max, size: 4, count: found.shape[0])
    }
  }
}
