// swift-tools-version: 6.2
import PackageDescription

/// Every room is compiled in Swift 6 language mode with warnings as errors.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A room: one library target. `imports` may only name rooms below it.
func room(_ name: String, _ imports: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: strict)
}

/// The tests of one room.
func tests(_ name: String, _ imports: [Target.Dependency]) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: imports + ["TestSupport"], swiftSettings: strict)
}

let rooms = [
  "Runtime", "Primitives", "Streams", "MerkleTree", "Storage", "EventLog", "Networking",
  "StateTrie", "Ledger", "LiveSync", "Simulation",
]

let package = Package(
  name: "livesync",
  products: rooms.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "livesync", targets: ["livesync"]),
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
  ],
  targets: [
    .systemLibrary(name: "CBlake2", pkgConfig: "libb2", providers: [.apt(["libb2-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),

    .target(name: "CBlake2Batch"),

    room("Runtime"),
    room("Primitives", ["CBlake2", "CSodium"]),
    room("Streams", ["Primitives"]),
    room("MerkleTree", ["Primitives"]),
    room("Storage", ["CLMDB", "Primitives"]),
    room("EventLog", ["Primitives"]),
    room("Networking", ["Runtime", "Primitives"]),
    room("StateTrie", ["CBlake2Batch", "Primitives", "MerkleTree", "Storage"]),
    room("Ledger", ["Primitives", "MerkleTree", "Storage", "StateTrie"]),
    room(
      "LiveSync",
      ["Runtime", "Primitives", "MerkleTree", "EventLog", "Networking", "StateTrie", "Ledger"]),
    room(
      "Simulation",
      [
        "Runtime", "Primitives", "MerkleTree", "Storage", "EventLog", "Networking", "StateTrie",
        "Ledger", "LiveSync",
      ]),
    .executableTarget(
      name: "livesync",
      dependencies: [
        "Runtime", "Primitives", "Streams", "Storage", "EventLog", "StateTrie", "Ledger",
        "LiveSync", "Simulation",
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "livesync-bench",
      dependencies: [
        "CBlake2Batch", "Runtime", "Primitives", "Streams", "Storage", "EventLog", "StateTrie",
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Primitives"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "TestSupport", "Primitives", "MerkleTree", "Storage", "EventLog", "Networking", "StateTrie",
        "Ledger", "LiveSync", "Simulation",
      ],
      path: "Fuzz/Targets", swiftSettings: strict),
    tests("Fuzz", ["FuzzTargets", "Primitives"]),
    tests("Runtime", ["Runtime"]),
    tests("Primitives", ["Primitives"]),
    tests("Streams", ["Streams", "Primitives"]),
    tests("MerkleTree", ["MerkleTree", "Primitives"]),
    tests("Storage", ["Storage", "Primitives"]),
    tests("EventLog", ["EventLog", "Primitives"]),
    tests("Networking", ["Networking", "Runtime", "Primitives"]),
    tests("StateTrie", ["StateTrie", "Storage", "Primitives", "MerkleTree"]),
    tests("Ledger", ["Ledger", "StateTrie", "Storage", "Primitives", "MerkleTree"]),
    tests(
      "LiveSync",
      [
        "LiveSync", "Runtime", "Networking", "EventLog", "Ledger", "StateTrie", "Storage",
        "Primitives", "MerkleTree",
      ]),
    tests(
      "Simulation",
      [
        "Simulation", "LiveSync", "Runtime", "Networking", "EventLog", "Ledger", "StateTrie",
        "Primitives",
      ]),
    tests(
      "Command",
      [
        "livesync", "livesync-bench", "Simulation", "LiveSync", "Ledger", "StateTrie", "EventLog",
        "Storage", "Streams", "Primitives",
      ]),
    tests("Tidy", []),
  ]
)
