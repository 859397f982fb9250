/// Every row of the table, in its order.
enum Rows {
  static func all(_ cache: WeightCache) -> [Row] {
    [
      .predictorStep(batch: 32, cache),
      .refinerStep(batch: 16, cache),
      .inception(batch: 16, cache),
      .solidsFeatures(batch: 50, cache),
      .featureStatistics(),
      .frechetDistance(),
      .manifolds(),
      .decode(cache),
      .forward(
        "XL/2", batch: 2, cache, targets: [.float32: 0.94, .bfloat16: 0.9], isLong: true),
      .forward(
        "XL/2", batch: 16, cache, targets: [.float32: 0.95, .bfloat16: 0.92], isLong: true),
      .extraLargeRefinerStep(batch: 4, cache),
      .extraLargeSample(cache),
    ]
  }
}
