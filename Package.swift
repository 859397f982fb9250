// swift-tools-version: 6.2
// The floors of ARCHITECTURE.md, top to bottom of this list from low to high.
// A target may depend only on targets of floors below its own.
import PackageDescription

/// Habits every Swift target shares: explicit imports, spelled existentials,
/// and warnings as errors where CI asks for it.
let habits: [SwiftSetting] =
  [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
  ]
  + (Context.environment["WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// `swift run` builds for debugging; targets with hot loops are optimised in
/// every configuration, so that users need no `-c release`.
let hot: [SwiftSetting] = habits + [.unsafeFlags(["-O"])]
let hotC: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])]

let argumentParser: Target.Dependency =
  .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

func floor(_ name: String, _ dependencies: [Target.Dependency] = [], hot isHot: Bool = false)
  -> Target
{
  .target(name: name, dependencies: dependencies, swiftSettings: isHot ? hot : habits)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies,
    resources: resources, swiftSettings: habits)
}

let rooms = [
  "Diagnostics", "Machine", "Randomness", "Files", "TensorGraph", "ReferenceExecutor",
  "CPUExecutor",
  "Configuration", "Imaging", "Checkpoints", "Storage", "Models", "ModelFiles", "Training",
  "Sampling", "Evaluation", "Solids", "Reports", "Verification", "Pipelines", "Ablation",
]

let package = Package(
  name: "FlowTurbo",
  products: rooms.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "train-refiner", targets: ["train-refiner"]),
    .executable(name: "ablate", targets: ["ablate"]),
    .executable(name: "flowturbo", targets: ["flowturbo"]),
    // Nothing to use: what tests preload into the programs to disturb them.
    .library(name: "fault-shim", type: .dynamic, targets: ["FaultShim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // Floor 0: system libraries behind module maps and the thinnest C shims;
    // errors, random numbers and files that every room shares.
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(
      name: "CHDF5System", pkgConfig: "hdf5-serial", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CPNGSystem", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "COpenBLAS", cSettings: hotC, linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CHDF5", dependencies: ["CHDF5System"], cSettings: hotC),
    .target(name: "CResampling", cSettings: hotC),
    .target(name: "CFileMap", cSettings: hotC),
    .target(name: "CPNG", dependencies: ["CPNGSystem"], cSettings: hotC),
    .target(name: "CDNN", cSettings: hotC, linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "CKernels", cSettings: hotC, linkerSettings: [.linkedLibrary("gomp")]),
    floor("Diagnostics"),
    floor("Machine"),
    floor("Randomness", hot: true),
    floor("Files", ["Diagnostics", "CCrypto", "CFileMap"]),

    // Floor 1: the engine.
    floor("TensorGraph"),
    floor("ReferenceExecutor", ["TensorGraph"], hot: true),
    floor("CPUExecutor", ["TensorGraph", "CDNN", "CKernels", "Diagnostics"], hot: true),

    // Floor 2: what comes in and goes out.
    floor("Configuration", ["Diagnostics", yams]),
    floor(
      "Imaging", ["Diagnostics", "Machine", "Files", "CTurboJPEG", "CPNG", "CResampling"],
      hot: true),
    floor("Checkpoints", ["Diagnostics", "Files", "CZlib"], hot: true),
    floor("Storage", ["Diagnostics", "Files", "CHDF5"]),

    // Floor 3: pure functions over symbolic tensors.
    floor("Models", ["TensorGraph", "Randomness", "Diagnostics"], hot: true),
    floor(
      "ModelFiles",
      ["Models", "Checkpoints", "Configuration", "TensorGraph", "Files", "Diagnostics"]),

    // Floor 4: the verbs, none of which imports another, the rendered set, and reports.
    floor(
      "Training",
      [
        "Models", "TensorGraph", "Checkpoints", "Storage", "Randomness", "Files", "Machine",
        "Diagnostics",
      ], hot: true),
    floor(
      "Sampling",
      ["Models", "TensorGraph", "CPUExecutor", "Randomness", "Diagnostics"], hot: true),
    floor(
      "Evaluation",
      [
        "Models", "CPUExecutor", "TensorGraph", "Storage", "Imaging", "COpenBLAS", "Randomness",
        "Machine", "Diagnostics",
      ], hot: true),
    floor("Solids", ["Randomness", "Files", "Diagnostics"], hot: true),
    floor("Reports", ["Storage", "Imaging", "Files", "Diagnostics"], hot: true),

    // Floor 5a: what joins the verbs.
    floor(
      "Verification",
      [
        "ModelFiles", "Models", "Training", "Sampling", "Evaluation", "TensorGraph", "CPUExecutor",
        "Checkpoints", "Imaging", "Files", "Randomness", "Machine", "Diagnostics",
      ], hot: true),
    floor(
      "Pipelines",
      [
        "Configuration", "ModelFiles", "Models", "Training", "Sampling", "Evaluation", "Solids",
        "TensorGraph", "CPUExecutor", "Checkpoints", "Storage", "Imaging", "Randomness", "Files",
        "Machine", "Diagnostics",
      ], hot: true),

    // Floor 5b: sweeps over what joins the verbs.
    floor(
      "Ablation",
      [
        "Pipelines", "Configuration", "Models", "Training", "Sampling", "Evaluation", "Solids",
        "CPUExecutor", "Storage", "Imaging", "Files", "Diagnostics",
      ]),

    // Floor 6: argument parsing, progress, exit codes; nothing else.
    .target(
      name: "CommandInterface",
      dependencies: [
        "Ablation", "Pipelines", "CPUExecutor", "Configuration", "Verification", "Training",
        "Reports", "ModelFiles",
        "Checkpoints", "Storage", "Files", "Diagnostics", argumentParser,
      ],
      swiftSettings: habits),
    .executableTarget(
      name: "train-refiner", dependencies: ["CommandInterface"], swiftSettings: habits),
    .executableTarget(name: "ablate", dependencies: ["CommandInterface"], swiftSettings: habits),
    .executableTarget(name: "flowturbo", dependencies: ["CommandInterface"], swiftSettings: habits),

    .target(name: "TemporaryFolders", path: "Tests/TemporaryFolders", swiftSettings: habits),
    .target(
      name: "EngineTestSupport", dependencies: ["TensorGraph", "ReferenceExecutor", "Randomness"],
      path: "Tests/EngineTestSupport", swiftSettings: habits),
    .target(
      name: "FuzzSupport", dependencies: ["Randomness", "Files", "Diagnostics"],
      path: "Tests/FuzzSupport", swiftSettings: hot),
    tests("Machine", []),
    tests("Randomness", []),
    tests("Files", ["Diagnostics", "TemporaryFolders"]),
    tests("TensorGraph", ["ReferenceExecutor", "EngineTestSupport"]),
    tests(
      "CPUExecutor",
      [
        "ReferenceExecutor", "EngineTestSupport", "TensorGraph", "COpenBLAS", "Randomness",
        "Diagnostics",
      ]),
    tests("Configuration", ["Diagnostics"]),
    tests(
      "Imaging", ["Diagnostics", "CResampling", "FuzzSupport", "TemporaryFolders"],
      resources: [.copy("Fixtures")]),
    tests(
      "Checkpoints",
      ["Diagnostics", "Files", "Randomness", "FuzzSupport", "TemporaryFolders", "CZlib"],
      resources: [.copy("Fixtures")]),
    // A program that answers Storage's probe, for its tests to start.
    .executableTarget(
      name: "hdf5-probe-host", dependencies: ["Storage"], path: "Tests/HDF5ProbeHost",
      swiftSettings: habits),
    tests(
      "Storage", ["Diagnostics", "Files", "FuzzSupport", "TemporaryFolders", "hdf5-probe-host"]),
    tests("Solids", ["Files", "Diagnostics", "Randomness"]),
    tests("Reports", ["Storage", "Files", "Diagnostics", "TemporaryFolders"]),
    tests(
      "Training",
      [
        "ReferenceExecutor", "CPUExecutor", "EngineTestSupport", "Models", "TensorGraph",
        "Checkpoints", "Randomness", "Files", "Diagnostics", "TemporaryFolders",
      ]),
    tests("Models", ["ReferenceExecutor", "TensorGraph", "Diagnostics"]),
    tests(
      "ModelFiles",
      [
        "Checkpoints", "Configuration", "Diagnostics", "Files", "FuzzSupport",
        "Models", "TensorGraph", "TemporaryFolders",
      ], resources: [.copy("Fixtures")]),
    // A program that loads OpenBLAS as a new process does, for Evaluation's tests to start.
    .executableTarget(
      name: "openblas-host", dependencies: ["Evaluation"], path: "Tests/OpenBLASHost",
      swiftSettings: habits),
    tests(
      "Evaluation", ["CPUExecutor", "COpenBLAS", "Randomness", "Diagnostics", "openblas-host"]),
    tests("Sampling", ["ReferenceExecutor", "Models", "TensorGraph", "Diagnostics"]),
    tests(
      "Verification",
      [
        "Models", "Sampling", "Evaluation", "ReferenceExecutor", "CPUExecutor", "Checkpoints",
        "TensorGraph",
        "Imaging", "Storage", "Diagnostics",
      ],
      resources: [.copy("Fixtures")]),
    .target(
      name: "PipelinesTestSupport",
      dependencies: [
        "Pipelines", "CPUExecutor", "Configuration", "Models", "Randomness", "TemporaryFolders",
        "TensorGraph", "Training",
      ],
      path: "Tests/PipelinesTestSupport", swiftSettings: habits),
    tests(
      "Pipelines",
      [
        "PipelinesTestSupport", "CPUExecutor", "ReferenceExecutor", "Checkpoints", "Configuration",
        "Diagnostics",
        "Evaluation", "Files", "FuzzSupport", "Imaging", "Machine", "ModelFiles", "Models",
        "Randomness", "Sampling", "Solids", "Storage", "TemporaryFolders", "TensorGraph",
        "Training",
      ]),
    tests(
      "Ablation",
      [
        "PipelinesTestSupport", "Pipelines", "Reports", "Configuration", "Storage", "Files",
        "Diagnostics", "TemporaryFolders",
      ]),
    // The text held to the code: floors, exit codes, keys, scripts, the example.
    .testTarget(
      name: "RepositoryTests",
      dependencies: [
        "Ablation", "Configuration", "Diagnostics", "FuzzSupport", "Models", "Pipelines",
        "Sampling", "Training",
      ],
      swiftSettings: habits),
    .target(name: "FaultShim", path: "Tests/FaultShim", cSettings: hotC),
    // The programs as users start them: help, errors, exit codes, kills.
    .testTarget(
      name: "ExecutableTests",
      dependencies: [
        "flowturbo", "train-refiner", "ablate", "PipelinesTestSupport", "Checkpoints", "Imaging",
        "Storage", "Diagnostics", "TemporaryFolders",
      ],
      swiftSettings: habits),
  ],
  swiftLanguageModes: [.v6]
)
