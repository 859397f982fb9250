// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "ToyFlow",
  dependencies: [.package(name: "FlowTurbo", path: "../..")],
  targets: [
    .executableTarget(
      name: "ToyFlow",
      dependencies: ["CPUExecutor", "Models", "Randomness", "Sampling", "TensorGraph", "Training"]
        .map { .product(name: $0, package: "FlowTurbo") })
  ],
  swiftLanguageModes: [.v6]
)
