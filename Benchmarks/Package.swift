// swift-tools-version: 6.2
// A package of its own, so that users of the toolkit never build it.
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "FlowTurbo", path: "..")],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [
        "TensorGraph", "CPUExecutor", "Models", "Training", "Sampling", "Evaluation", "Randomness",
      ].map { .product(name: $0, package: "FlowTurbo") }),
    .executableTarget(
      name: "decode", dependencies: [.product(name: "Imaging", package: "FlowTurbo")]),
  ],
  swiftLanguageModes: [.v6]
)
