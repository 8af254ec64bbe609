import Compression
import Daemon
import Foundation
import Ledger
import Locking
import Primitives
import Runtime
import Snapshot
import Streams
import Transport

/// A network whose nodes take snapshots, and a node that joins from them.
extension DevNetwork {
  /// Blocks from one macro block to the next, each of which gets a snapshot.
  static let batch: UInt32 = 16
  /// Pause between two looks for new snapshots of liars, in seconds.
  private static let liePause = 0.02

  /// The nodes that spoil their snapshots: n1 has pieces with a wrong balance each, n2 such as are
  /// none.
  private var liars: [(name: String, lie: SnapshotJoining.Liar.Lie)] {
    guard plan.hasLiar else { return [] }
    return [("n1", .wrong)] + (plan.nodes > 2 ? [("n2", .damaged)] : [])
  }

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

  /// Spoils each snapshot of the liars when it is there, until the gate that is returned is opened.
  func beginLying() -> Gate {
    let isOver = Gate()
    for (name, lie) in liars {
      let directory = SnapshotDirectory(path: "\(plan.folder)/\(name)/snapshots")
      Thread.detachNewThread {
        var spoilt: Set<SnapshotName> = []
        while !isOver.isOpen {
          let names = (try? directory.content().snapshots) ?? []
          for name in names where spoilt.insert(name).inserted {
            // One that is gone meanwhile serves nobody.
            switch lie {
            case .wrong: try? Self.falsify(name, in: directory)
            case .damaged: try? Self.damage(name, in: directory)
            }
          }
          Thread.sleep(forTimeInterval: Self.liePause)
        }
      }
    }
    return isOver
  }

  /// Changes a byte in every few of the chunks of a snapshot, so that none of its pieces is right.
  private static func damage(_ name: SnapshotName, in directory: SnapshotDirectory) throws {
    let files = try directory.open(name)
    for chunk in files.manifest.chunks.indices {
      var bytes = try files.chunkFile(chunk)
      for place in stride(from: 16, to: bytes.count, by: 32) { bytes[place] ^= 1 }
      try OutputFile(path: files.path + "/" + SnapshotFiles.fileName(ofChunk: chunk)).write(bytes)
    }
  }

  /// Changes the balance of an account in each piece of a snapshot that has several, and keeps the
  /// pieces as a node does: all sizes are those of the manifest.
  private static func falsify(_ name: SnapshotName, in directory: SnapshotDirectory) throws {
    let files = try directory.open(name)
    let compressor = ZstdCompressor(level: SnapshotLimits.defaultLevel)
    var index = SnapshotIndex(manifest: files.hash, frames: [])
    for chunk in files.manifest.chunks.indices {
      let frames = try files.pieces(ofChunk: chunk).map { piece in
        let frame = try files.frame(ofPiece: piece)
        var content = try StoredPiece.chunk(of: frame, rawBytes: nil)
        guard content.items.count > 1 else { return frame }
        var account = try Account(wireBytes: content.items[0].value)
        account.balance ^= 1
        content.items[0].value = account.wireBytes
        return RawPiece(content).frame(by: compressor)
      }
      index.frames.append(frames.map { UInt32($0.count) })
      try OutputFile(path: files.path + "/" + SnapshotFiles.fileName(ofChunk: chunk)).write(
        frames.flatMap(\.self))
    }
    try OutputFile(path: files.path + "/index").write(index.wireBytes)
  }

  /// What the event log of the fresh node says.
  func joining() throws -> SnapshotJoining {
    let list = members.withLock { $0 }
    var joining = SnapshotJoining(
      liars: try liars.map { name, lie in
        let peer = list.first { $0.name == name }?.peer.withLock { $0 }
        guard let peer = peer.flatMap({ KeptPeer(text: $0) }) else {
          throw DevnetError("node \(name) is not there")
        }
        return SnapshotJoining.Liar(name: name, key: peer.identity, lie: lie)
      })
    _ = try EventLogFile(path: plan.folder + "/fresh/events.jsonl").read { joining.add($0.event) }
    return joining
  }
}
