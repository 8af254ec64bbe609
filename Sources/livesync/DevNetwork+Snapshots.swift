import Daemon
import Foundation
import Locking
import Runtime
import Snapshot
import Streams
import Transport

/// A network whose nodes take snapshots, and a node that joins from them.
extension DevNetwork {
  /// Blocks from one macro block to the next, each of which gets a snapshot.
  static let batch: UInt32 = 16
  /// The node that damages its snapshots.
  private static let liar = "n1"
  /// Pause between two looks for new snapshots of it, in seconds.
  private static let damagePause = 0.02

  /// Options of a node that has to do with snapshots.
  func snapshotWords(isFresh: Bool) -> [String] {
    switch plan.source {
    case .chunks:
      return ["--snapshot-interval", "0", "--statesync-enable", "false"]
    case .snapshot:
      return ["--snapshot-interval", isFresh ? "0" : "\(Self.batch)"]
    }
  }

  /// True if all nodes have the snapshot of the last macro block, and the next one is some time
  /// away: so the fresh node has no older one to choose, and none is taken while it looks.
  func areSnapshotsThere(at heads: [UInt32]) -> Bool {
    guard let head = heads.max(), head >= Self.batch, head % Self.batch <= Self.batch / 2 else {
      return false
    }
    let name = SnapshotName(height: head - head % Self.batch)
    return members.withLock { $0 }.allSatisfy { member in
      FileManager.default.fileExists(atPath: "\(member.folder)/snapshots/\(name)")
    }
  }

  /// Damages each snapshot of the liar when it is there, until the gate that is returned is opened.
  func beginDamaging() -> Gate {
    let isOver = Gate()
    let folder = "\(plan.folder)/\(Self.liar)/snapshots"
    Thread.detachNewThread {
      var damaged: Set<String> = []
      while !isOver.isOpen {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where SnapshotName(name) != nil && !damaged.contains(name) {
          damaged.insert(name)
          Self.damage("\(folder)/\(name)")
        }
        Thread.sleep(forTimeInterval: Self.damagePause)
      }
    }
    return isOver
  }

  /// Changes a byte in every few of the chunks of a snapshot, so that none of its pieces is right.
  private static func damage(_ folder: String) {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for file in files where file.hasPrefix("chunk-") {
      let path = "\(folder)/\(file)"
      // One that is gone meanwhile serves nobody.
      guard
        var bytes = try? RegularFile(path: path).all(limit: SnapshotLimits.chunkFileBytesMax)
      else { continue }
      for place in stride(from: 16, to: bytes.count, by: 32) { bytes[place] ^= 1 }
      try? OutputFile(path: path).write(bytes)
    }
  }

  /// What the event log of the fresh node says.
  func joining() throws -> SnapshotJoining {
    var liar: SnapshotJoining.Liar?
    if plan.hasLiar {
      let peer = members.withLock { $0 }.first { $0.name == Self.liar }?.peer.withLock { $0 }
      guard let peer = peer.flatMap({ KeptPeer(text: $0) }) else {
        throw DevnetError("node \(Self.liar) is not there")
      }
      liar = SnapshotJoining.Liar(name: Self.liar, key: peer.identity)
    }
    var joining = SnapshotJoining(liar: liar)
    _ = try EventLogFile(path: plan.folder + "/fresh/events.jsonl").read { joining.add($0.event) }
    return joining
  }
}
