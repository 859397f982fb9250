// swift-tools-version: 6.2
// A package of its own, so that users of the toolkit never build it.
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "FlowTurbo", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  ],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [
        "TensorGraph", "CPUExecutor", "Models", "Training", "Sampling", "Evaluation", "Imaging",
        "Files", "Randomness", "Diagnostics",
      ].map { .product(name: $0, package: "FlowTurbo") } + [
        .product(name: "ArgumentParser", package: "swift-argument-parser")
      ]),
    .executableTarget(
      name: "decode", dependencies: [.product(name: "Imaging", package: "FlowTurbo")]),
    .testTarget(name: "BenchTests", dependencies: ["bench"]),
  ],
  swiftLanguageModes: [.v6]
)
