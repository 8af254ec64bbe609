extension TidyRule {
  /// The rooms from the ground up. A room may import only what stands before it.
  static let roomOrder = [
    "Locking", "Runtime", "Primitives", "Streams", "Compression", "BinaryDifference", "MerkleTree",
    "Storage", "EventLog", "Networking", "SimulatedNetworking", "LoopbackNetworking", "Transport",
    "SimulatedLinks", "HTTPServer", "Reconciliation", "CRDT", "Delta", "RESP", "KeyValue",
    "ReplicaSimulation", "StateTrie", "Ledger", "Messages", "Peers", "LiveSync", "Node", "Snapshot",
    "StateReconciliation", "ABCI", "Monitoring", "Production", "Daemon", "Simulation",
    "Fixtures", "Reports", "livesync",
  ]

  /// The modules that are no rooms and who may import them; nobody else may.
  private static let outside: [String: [String]] = [
    "Synchronization": roomOrder + ["livesync-bench"],
    "Foundation": ["livesync", "livesync-bench"],
    "FoundationEssentials": ["livesync", "livesync-bench"],
    "Glibc": [
      "Locking", "Runtime", "Primitives", "Streams", "Transport", "KeyValue", "ReplicaSimulation",
      "ABCI",
    ],
    "CEpoll": ["Runtime", "Transport", "KeyValue", "ABCI"],
    "CBlake2": ["Primitives"],
    "CBlake2Batch": ["Primitives", "KeyValue", "StateTrie", "livesync-bench"],
    "CSodium": ["Primitives", "Transport"],
    "CLMDB": ["Storage"],
    "CMicroHTTP": ["HTTPServer"],
    "CZstd": ["Compression"],
    "CZlib": ["Compression"],
  ]

  static let imports: [TidyRule] = [
    TidyRule(
      "imports",
      planted: [
        ("Sources/Ledger/A.swift", "import Primitives\nimport Foundation\n"),
        ("Sources/livesync/A.swift", "import Glibc\n"),
        ("Sources/MerkleTree/A.swift", "import EventLog\n"),
        ("Sources/EventLog/A.swift", "public import struct Networking.PeerID\n"),
        ("Sources/Ledger/A.swift", "@testable import Ledger\n"),
        ("Sources/Ledger/A.swift", "import CSodium\n"),
        ("Sources/Ledger/A.swift", "import Dispatch\n"),
        ("Sources/Cellar/A.swift", "import Primitives\n"),
      ],
      innocent: [
        ("Sources/Runtime/A.swift", "import Glibc\nimport Synchronization\n"),
        ("Sources/livesync/A.swift", "import Foundation\nimport Simulation\n"),
        ("Sources/livesync-bench/A.swift", "import StateTrie\n"),
        ("Sources/Ledger/A.swift", "// import Foundation\nimport struct Primitives.Hash256\n"),
      ]
    ) { file in
      guard let room = file.room, file.isSwift else { return [] }
      return file.code.enumerated().compactMap { index, line in
        guard let module = importedModule(line), let reason = refusal(module, in: room) else {
          return nil
        }
        return (index, reason)
      }
    },
    TidyRule(
      "testable",
      planted: [("Tests/LedgerTests/A.swift", "@testable import Ledger\n")],
      innocent: [("Tests/LedgerTests/A.swift", "// @testable\nimport Ledger\n")]
    ) { file in
      guard file.path.hasPrefix("Tests/") else { return [] }
      return file.code.enumerated().compactMap { index, line in
        line.contains("@testable")
          ? (index, "test what is public or package: tests are built in release mode") : nil
      }
    },
  ]

  private static func importedModule(_ line: String) -> String? {
    let words = line.split { $0 == " " || $0 == "." }.map(String.init)
    guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
      words[..<index].allSatisfy({ ["public", "package", "internal", "@testable"].contains($0) })
    else { return nil }
    let kinds = ["struct", "class", "enum", "protocol", "func", "var", "typealias"]
    return words[(index + 1)...].first { !kinds.contains($0) }
  }

  private static func refusal(_ module: String, in room: String) -> String? {
    if let importers = outside[module] {
      return importers.contains(room)
        ? nil : "\(module) is only for \(importers.joined(separator: ", "))"
    }
    guard let own = roomOrder.firstIndex(of: room == "livesync-bench" ? "livesync" : room) else {
      return "\(room) is no room: add it to the order"
    }
    guard let other = roomOrder.firstIndex(of: module) else {
      return "\(module) is no known module"
    }
    return other < own ? nil : "\(module) is not below \(room): turn the arrow around"
  }
}
