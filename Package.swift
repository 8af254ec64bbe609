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
    name: name + "Tests", dependencies: imports + ["Locking", "TestSupport"],
    swiftSettings: strict)
}

let rooms = [
  "Locking", "Runtime", "Primitives", "Streams", "Compression", "BinaryDifference", "MerkleTree",
  "Storage", "EventLog", "Networking", "SimulatedNetworking", "LoopbackNetworking", "Transport",
  "SimulatedLinks", "HTTPServer", "Reconciliation", "CRDT", "Delta", "RESP", "KeyValue",
  "ReplicaSimulation", "StateTrie", "Ledger", "Messages", "Peers", "LiveSync", "Node", "Snapshot",
  "StateReconciliation", "ABCI", "Monitoring", "Production", "Daemon", "Simulation",
  "Fixtures", "Reports",
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
    .systemLibrary(
      name: "CLibMicroHTTPD", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"])]),

    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .systemLibrary(name: "CEpoll"),

    .target(name: "CBlake2Batch"),
    .target(name: "CMicroHTTP", dependencies: ["CLibMicroHTTPD"]),

    room("Locking"),
    room("Runtime", ["CEpoll", "Locking"]),
    room("Primitives", ["CBlake2", "CSodium", "Locking"]),
    room("Streams", ["Locking", "Primitives"]),
    room("Compression", ["CZstd", "CZlib"]),
    room("BinaryDifference", ["Runtime", "Primitives", "Compression"]),
    room("MerkleTree", ["Primitives"]),
    room("Storage", ["CLMDB", "Locking", "Primitives"]),
    room("EventLog", ["Locking", "Primitives"]),
    room("Networking", ["Locking", "Runtime", "Primitives"]),
    room(
      "Reconciliation",
      [
        "Locking", "Runtime", "Primitives", "Compression", "BinaryDifference", "MerkleTree",
        "Storage", "EventLog", "Networking",
      ]),
    room("CRDT", ["Locking", "Runtime", "Primitives", "Compression", "Storage"]),
    room(
      "Delta",
      [
        "Locking", "Runtime", "Primitives", "Compression", "Storage", "EventLog", "Networking",
        "Reconciliation", "CRDT",
      ]),
    room("RESP", ["Primitives"]),
    room(
      "KeyValue",
      [
        "CBlake2Batch", "CEpoll", "Locking", "Runtime", "Primitives", "Streams", "Compression",
        "Storage", "EventLog", "Networking", "Transport", "Reconciliation", "CRDT", "Delta", "RESP",
      ]),
    room(
      "ReplicaSimulation",
      [
        "Locking", "Runtime", "Primitives", "Storage", "EventLog", "Networking",
        "SimulatedNetworking", "Reconciliation", "CRDT", "Delta", "KeyValue",
      ]),
    room("StateTrie", ["CBlake2Batch", "Primitives", "MerkleTree", "Storage"]),
    room("Ledger", ["Locking", "Primitives", "MerkleTree", "Storage", "StateTrie"]),
    room("SimulatedNetworking", ["Runtime", "Primitives", "Networking"]),
    room("LoopbackNetworking", ["Locking", "Runtime", "Primitives", "Networking"]),
    room("Transport", ["CEpoll", "CSodium", "Locking", "Runtime", "Primitives", "Networking"]),
    room("SimulatedLinks", ["Runtime", "SimulatedNetworking", "Transport"]),
    room("HTTPServer", ["CMicroHTTP", "Locking", "Runtime", "Primitives"]),
    room("Messages", ["Primitives", "MerkleTree", "Networking", "StateTrie", "Ledger"]),
    room(
      "Peers",
      [
        "Locking", "Runtime", "Primitives", "EventLog", "Networking", "StateTrie", "Ledger",
        "Messages",
      ]),
    room(
      "LiveSync",
      [
        "Locking", "Runtime", "Primitives", "MerkleTree", "EventLog", "Networking", "StateTrie",
        "Ledger", "Messages", "Peers",
      ]),
    room(
      "Node",
      [
        "Locking", "Runtime", "Primitives", "EventLog", "Networking", "StateTrie", "Ledger",
        "Messages", "Peers", "LiveSync",
      ]),
    room(
      "Snapshot",
      [
        "Locking", "Runtime", "Primitives", "Compression", "MerkleTree", "Storage", "Streams",
        "EventLog", "Networking", "StateTrie", "Ledger", "Messages", "Peers", "LiveSync", "Node",
      ]),
    room(
      "StateReconciliation",
      [
        "Locking", "Runtime", "Primitives", "EventLog", "Networking", "Reconciliation", "StateTrie",
        "Ledger", "Peers", "LiveSync", "Node",
      ]),
    room("ABCI", ["CEpoll", "Locking", "Runtime", "Primitives", "Transport", "Snapshot"]),
    room(
      "Monitoring",
      [
        "Locking", "Runtime", "Primitives", "EventLog", "Networking", "HTTPServer", "StateTrie",
        "Ledger", "Messages", "Peers", "LiveSync", "Node", "Snapshot",
      ]),
    room(
      "Production",
      [
        "Locking", "Runtime", "Primitives", "Streams", "Storage", "EventLog", "Networking",
        "Ledger", "Messages", "Peers", "LiveSync", "Node",
      ]),
    room(
      "Daemon",
      [
        "Locking", "Runtime", "Primitives", "Streams", "Storage", "EventLog", "Networking",
        "Transport", "HTTPServer", "Monitoring", "StateTrie", "Ledger", "Messages", "Peers",
        "LiveSync", "Node", "Snapshot", "StateReconciliation", "Production",
      ]),
    room(
      "Simulation",
      [
        "Locking", "Runtime", "Primitives", "Compression", "MerkleTree", "Storage", "EventLog",
        "Networking", "SimulatedNetworking", "Transport", "SimulatedLinks", "StateTrie", "Ledger",
        "Messages", "Peers", "LiveSync", "Node", "Snapshot", "StateReconciliation",
      ]),
    room(
      "Fixtures",
      [
        "Locking", "Runtime", "Primitives", "Storage", "EventLog", "Networking",
        "SimulatedNetworking", "StateTrie", "Ledger", "Messages", "Peers", "LiveSync", "Node",
      ]),
    room(
      "Reports",
      [
        "Primitives", "EventLog", "Reconciliation", "KeyValue", "StateTrie", "Peers", "LiveSync",
        "Snapshot", "StateReconciliation", "ABCI", "Node", "Monitoring", "Production", "Daemon",
        "Simulation",
      ]),
    .executableTarget(
      name: "livesync",
      dependencies: [
        "Locking", "Runtime", "Primitives", "Streams", "Compression", "Storage", "EventLog",
        "Networking", "Transport", "BinaryDifference", "Reconciliation", "CRDT", "Delta", "RESP",
        "KeyValue", "ReplicaSimulation", "StateTrie", "Ledger", "Peers", "LiveSync", "Snapshot",
        "ABCI", "Node", "HTTPServer", "Monitoring", "Production", "Daemon", "Simulation",
        "Fixtures", "Reports",
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "livesync-bench",
      dependencies: [
        "CBlake2Batch", "Locking", "Runtime", "Primitives", "Compression", "Streams", "MerkleTree",
        "Storage", "EventLog", "Networking", "LoopbackNetworking", "BinaryDifference",
        "Reconciliation", "CRDT", "Delta", "KeyValue", "StateTrie", "Ledger", "Transport",
        "Snapshot", "Production", "Daemon", "Simulation",
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "noise-peer", dependencies: ["Transport", "Primitives"], path: "Tests/NoisePeer",
      swiftSettings: strict),
    .executableTarget(
      name: "difference-peer", dependencies: ["BinaryDifference", "Compression", "Primitives"],
      path: "Tests/DifferencePeer", swiftSettings: strict),
    .executableTarget(
      name: "negentropy-peer", dependencies: ["Reconciliation", "Primitives"],
      path: "Tests/NegentropyPeer", swiftSettings: strict),
    .executableTarget(
      name: "abci-sample",
      dependencies: ["Snapshot", "Production", "Ledger", "Storage", "Primitives"],
      path: "Tests/ABCISample", swiftSettings: strict),
    .target(
      name: "SnapshotSupport",
      dependencies: [
        "TestSupport", "Locking", "Primitives", "Compression", "Storage", "StateTrie", "Ledger",
        "Snapshot",
      ],
      path: "Tests/SnapshotSupport", swiftSettings: strict),
    .executableTarget(
      name: "monitoring-sample",
      dependencies: [
        "Monitoring", "HTTPServer", "Locking", "Runtime", "Primitives", "EventLog", "Networking",
        "StateTrie", "Ledger", "Messages", "Peers", "LiveSync", "Node", "Snapshot",
      ],
      path: "Tests/MonitoringSample", swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["Primitives", "Storage"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "TestSupport", "Locking", "Primitives", "Compression", "BinaryDifference", "MerkleTree",
        "Storage", "EventLog", "Networking", "Reconciliation", "CRDT", "Delta", "RESP",
        "KeyValue", "Transport", "StateTrie", "Ledger", "Messages", "Peers", "LiveSync", "Snapshot",
        "StateReconciliation", "ABCI", "Node", "Production", "Simulation", "Fixtures",
        "Reports",
      ],
      path: "Fuzz/Targets", swiftSettings: strict),
    .target(
      name: "WorldSupport",
      dependencies: [
        "TestSupport", "Locking", "LoopbackNetworking", "SimulatedNetworking", "Transport",
        "Runtime", "Primitives", "EventLog", "Networking", "StateTrie", "Ledger", "Messages",
        "Peers", "LiveSync", "Node",
      ],
      path: "Tests/WorldSupport", swiftSettings: strict),
    tests("Fuzz", ["FuzzTargets", "Primitives"]),
    tests("Runtime", ["Runtime"]),
    tests("Primitives", ["Primitives"]),
    tests("Streams", ["Streams", "Primitives"]),
    tests("Compression", ["Compression", "Streams", "Primitives"]),
    tests("BinaryDifference", ["BinaryDifference", "Compression", "Primitives"]),
    tests(
      "Reconciliation",
      [
        "Reconciliation", "SimulatedNetworking", "LoopbackNetworking", "BinaryDifference",
        "MerkleTree", "Storage", "EventLog", "Networking", "Runtime", "Primitives",
      ]),
    tests("CRDT", ["CRDT", "Compression", "Storage", "Runtime", "Primitives"]),
    tests(
      "Delta",
      [
        "Delta", "CRDT", "Reconciliation", "SimulatedNetworking", "LoopbackNetworking",
        "Compression", "Storage", "EventLog", "Networking", "Runtime", "Primitives",
      ]),
    tests("RESP", ["RESP", "Primitives"]),
    tests(
      "KeyValue",
      [
        "KeyValue", "RESP", "Delta", "CRDT", "Reconciliation", "Compression", "Storage", "EventLog",
        "SimulatedNetworking", "Networking", "Transport", "Streams", "Runtime", "Primitives",
      ]),
    tests(
      "ReplicaSimulation",
      [
        "ReplicaSimulation", "KeyValue", "Delta", "CRDT", "Reconciliation", "Storage", "EventLog",
        "Networking", "Runtime", "Primitives",
      ]),
    tests("MerkleTree", ["MerkleTree", "Primitives"]),
    tests("Storage", ["Storage", "Primitives"]),
    tests(
      "EventLog",
      ["EventLog", "Reports", "Simulation", "Node", "LiveSync", "Peers", "Primitives"]),
    tests(
      "Networking",
      ["SimulatedNetworking", "LoopbackNetworking", "Networking", "Runtime", "Primitives"]),
    tests("Transport", ["Transport", "Networking", "Runtime", "Primitives"]),
    tests(
      "SimulatedLinks",
      ["SimulatedLinks", "Transport", "Networking", "Runtime", "Primitives"]),
    tests("HTTPServer", ["HTTPServer", "Runtime"]),
    tests("StateTrie", ["StateTrie", "Storage", "Primitives", "MerkleTree"]),
    tests("Ledger", ["Ledger", "Runtime", "StateTrie", "Storage", "Primitives", "MerkleTree"]),
    tests(
      "Messages",
      [
        "Messages", "WorldSupport", "Node", "Peers", "Runtime", "Networking", "Ledger",
        "StateTrie", "Primitives",
      ]),
    tests(
      "Peers",
      [
        "Peers", "WorldSupport", "Node", "LiveSync", "Messages", "Runtime", "Networking",
        "EventLog", "Ledger", "StateTrie", "Primitives",
      ]),
    tests(
      "LiveSync",
      [
        "LiveSync", "WorldSupport", "Node", "Peers", "Messages", "Runtime", "Networking",
        "EventLog", "Ledger", "StateTrie", "Storage", "Primitives", "MerkleTree",
      ]),
    tests(
      "Snapshot",
      [
        "Snapshot", "SnapshotSupport", "WorldSupport", "Node", "LiveSync", "Peers", "Messages",
        "Runtime", "Networking", "EventLog", "Ledger", "StateTrie", "Storage", "Streams",
        "Compression", "Primitives", "MerkleTree",
      ]),
    tests(
      "StateReconciliation",
      [
        "StateReconciliation", "WorldSupport", "Node", "LiveSync", "Peers", "Messages", "Runtime",
        "Networking", "EventLog", "Reconciliation", "Ledger", "StateTrie", "Storage", "Primitives",
      ]),
    tests("ABCI", ["ABCI", "Snapshot", "Transport", "Runtime", "Primitives"]),
    tests(
      "Node",
      [
        "Node", "WorldSupport", "LiveSync", "Peers", "Messages", "Runtime", "Networking",
        "EventLog", "Ledger", "StateTrie", "Storage", "Primitives", "MerkleTree",
      ]),
    tests(
      "Monitoring",
      [
        "Monitoring", "monitoring-sample", "WorldSupport", "Node", "LiveSync", "Peers", "Messages",
        "HTTPServer", "Runtime", "Networking", "EventLog", "Ledger", "StateTrie", "Snapshot",
        "Primitives",
      ]),
    tests(
      "Production",
      [
        "Production", "WorldSupport", "Node", "LiveSync", "Peers", "Messages", "Runtime",
        "Networking", "LoopbackNetworking", "SimulatedNetworking", "EventLog", "Ledger",
        "StateTrie", "Storage", "Streams", "Primitives",
      ]),
    tests(
      "Daemon",
      [
        "Daemon", "Reports", "Production", "Monitoring", "HTTPServer", "Node", "LiveSync", "Peers",
        "Messages", "Transport", "Networking", "Runtime", "EventLog", "Ledger", "StateTrie",
        "Snapshot",
        "Storage", "Streams", "Primitives",
      ]),
    tests("Fixtures", ["Fixtures", "StateTrie", "Primitives"]),
    tests(
      "Reports",
      ["Reports", "Simulation", "Node", "LiveSync", "Peers", "EventLog", "Primitives"]),
    tests(
      "Simulation",
      [
        "Simulation", "Fixtures", "Reports", "Node", "LiveSync", "Peers", "Messages",
        "SimulatedNetworking", "Runtime", "Networking", "EventLog", "Ledger", "StateTrie",
        "Storage", "Primitives",
      ]),
    tests(
      "Command",
      [
        "livesync", "livesync-bench", "CRDT", "Compression", "Reconciliation", "Simulation",
        "Production", "Fixtures",
        "Reports", "Daemon",
        "Transport", "Node", "Snapshot", "LiveSync", "Peers", "Networking", "Ledger", "StateTrie",
        "EventLog", "Storage", "Streams", "Primitives",
      ]),
    tests("Tidy", []),
  ]
)
