import Ledger
import Networking
import Primitives
import SimulatedNetworking
import Snapshot

/// A snapshot that a liar names and nobody has: of the newest final block, with another state.
struct SnapshotForgery {
  /// Makes the manifest of one now; nil if there is none to be made.
  private let make: () -> SnapshotManifest?
  /// The one that was named last.
  private var named: (hash: Hash256, bytes: [UInt8])?
  /// Those who have asked for its manifest, and wait for it.
  private var waiting: Set<PeerID> = []

  init(_ make: @escaping () -> SnapshotManifest?) {
    self.make = make
  }

  /// A peer asks the liar for something.
  mutating func note(_ message: InterceptedMessage) {
    guard message.kind == .request(RequestSnapshotManifest.type),
      let request = try? RequestSnapshotManifest(wireBytes: message.payload),
      request.hash == named?.hash
    else { return }
    waiting.insert(message.peer)
  }

  /// What the liar answers instead; nil if nothing else.
  mutating func lie(_ message: InterceptedMessage) -> [UInt8]? {
    switch message.kind {
    case .response(RequestSnapshots.type):
      guard let list = try? SnapshotsResponse(wireBytes: message.payload),
        var summary = list.snapshots.first, let manifest = make()
      else { return nil }
      let bytes = manifest.wireBytes
      (summary.height, summary.hash) = (manifest.height, Blake2b256.hash(bytes))
      named = (summary.hash, bytes)
      return SnapshotsResponse(snapshots: [summary] + list.snapshots).wireBytes
    case .response(RequestSnapshotManifest.type):
      guard waiting.remove(message.peer) != nil, let named else { return nil }
      return SnapshotManifestResponse.bytes(named.bytes).wireBytes
    default: return nil
    }
  }
}

extension SnapshotShelf {
  /// The manifest of the newest snapshot of `chain`, changed to be one of its newest final block
  /// with another state.
  func forgedManifest(for chain: Blockchain) -> SnapshotManifest? {
    guard var manifest = snapshots(of: chain).first?.manifest,
      let block = chain.block(at: chain.macroNumber, includeBody: false)
    else { return nil }
    var fields = block.header.fields
    fields.stateRoot = Blake2b256.hash(fields.stateRoot.bytes)
    manifest.anchor.block = Block(
      header: BlockHeader(fields), justification: block.justification,
      nextValidators: block.nextValidators, body: nil)
    return manifest
  }
}
