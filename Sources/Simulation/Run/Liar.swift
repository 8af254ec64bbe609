import Compression
import Messages
import Networking
import Primitives
import SimulatedNetworking
import Snapshot
import StateReconciliation
import StateTrie

/// Makes the answers of one peer wrong on their way out, and counts what the joining node got.
final class Liar {
  let kind: LiarKind
  let peer: PeerID
  /// Wrong answers and announcements that left for the joining node.
  private(set) var lies = 0
  /// Hashes of the wrong blocks it announces.
  private var wrongBlocks: Set<Hash256> = []
  private let victim: PeerID
  /// Told of each lie, whoever gets it.
  private let onLie: () -> Void
  /// What it has given truthfully before, to be given again where it does not belong.
  private var earlier: [UInt8]?
  /// Whether it has given a good answer since its last lie, if it does so in turn.
  private var isSecond = false
  /// The snapshot that it has made up, if it does so.
  private var forgery: SnapshotForgery

  /// - Parameter forge: makes the manifest of a snapshot that nobody has.
  init(
    _ kind: LiarKind, peer: PeerID, victim: PeerID,
    forge: @escaping () -> SnapshotManifest? = { nil }, onLie: @escaping () -> Void = {}
  ) {
    self.kind = kind
    self.peer = peer
    self.victim = victim
    self.onLie = onLie
    forgery = SnapshotForgery(forge)
  }

  /// What to do with a message of this peer.
  func intercept(_ message: InterceptedMessage) -> InterceptAction {
    guard message.direction == .outgoing else {
      if kind == .forgedSnapshot { forgery.note(message) }
      return .pass
    }
    if kind == .wrongRoot {
      guard isWrongHeader(message) else { return .pass }
      if message.peer == victim { lies += 1 }
      onLie()
      return .pass
    }
    if withholds(message) {
      if message.peer == victim { lies += 1 }
      onLie()
      return .drop
    }
    let changed =
      kind == .forgedSnapshot ? forgery.lie(message) : lie(message.kind, message.payload)
    guard let lie = changed, lie != message.payload else {
      return .pass
    }
    if message.peer == victim { lies += 1 }
    onLie()
    return .replace(lie)
  }

  private func withholds(_ message: InterceptedMessage) -> Bool {
    switch (kind, message.kind) {
    case (.withheldBody, .gossip(.blockBody)), (.withheldBody, .response(.block)): true
    case (.withheldHeader, .gossip(.blockHeader)):
      (try? HeaderAnnouncement(wireBytes: message.payload))?.header.number.isMultiple(of: 2) == true
    default: false
    }
  }

  /// What was given before this, which is kept for the next time.
  private func exchange(_ payload: [UInt8]) -> [UInt8]? {
    defer { earlier = payload }
    return earlier
  }

  /// It announces this wrong block from now on.
  func announces(_ hash: Hash256) { wrongBlocks.insert(hash) }

  private func isWrongHeader(_ message: InterceptedMessage) -> Bool {
    guard message.kind == .gossip(.blockHeader), !wrongBlocks.isEmpty,
      let announced = try? HeaderAnnouncement(wireBytes: message.payload)
    else { return false }
    return wrongBlocks.contains(announced.header.hash)
  }

  private func lie(_ message: MessageKind, _ payload: [UInt8]) -> [UInt8]? {
    switch (kind, message) {
    case (.wrongValue, .response(.chunk)):
      return ChunkLies.wrongValue(payload)
    case (.everySecondChunk, .response(.chunk)):
      isSecond.toggle()
      return isSecond ? nil : ChunkLies.wrongValue(payload)
    case (.wrongDiff, .response(.trieDiff)):
      guard case .partialDiff(let diff)? = try? TrieDiffResponse(wireBytes: payload),
        diff.entries.count > 1, let shorter = try? TrieDiff(entries: Array(diff.entries.dropLast()))
      else { return nil }
      return TrieDiffResponse.partialDiff(shorter).wireBytes
    case (.wrongPiece, .response(RequestSnapshotPiece.type)):
      return wrongPiece(payload)
    case (.wrongManifest, .response(RequestSnapshotManifest.type)):
      return wrongManifest(payload)
    case (.wrongSubtree, .response(RequestSubtrees.type)):
      return ReturningLies.wrongSubtree(payload)
    case (.wrongSymbols, .response(RequestSymbols.type)):
      return ReturningLies.wrongSymbols(payload)
    case (.wrongAccount, .response(RequestAccounts.type)):
      return ReturningLies.wrongAccount(payload)
    case (_, .response(.chunk)):
      return ChunkLies.lie(kind, payload, earlier: exchange)
    case (_, .response(.trieDiff)):
      return DiffLies.lie(kind, payload, earlier: exchange)
    case (_, .gossip(.blockHeader)), (_, .response(.head)), (_, .response(.missingBlocks)):
      return BlockLies.lie(kind, message, payload, earlier: exchange)
    default:
      return nil
    }
  }

  private func wrongPiece(_ payload: [UInt8]) -> [UInt8]? {
    guard case .bytes(let frame)? = try? SnapshotPieceResponse(wireBytes: payload),
      var chunk = try? StoredPiece.chunk(of: frame, rawBytes: nil), !chunk.items.isEmpty
    else { return nil }
    // The size stays, so that only the proof can tell.
    let middle = chunk.items.count / 2
    chunk.items[middle].value[0] ^= 1
    let lie = RawPiece(chunk).frame(by: ZstdCompressor(level: SnapshotLimits.defaultLevel))
    return SnapshotPieceResponse.bytes(lie).wireBytes
  }

  private func wrongManifest(_ payload: [UInt8]) -> [UInt8]? {
    guard case .bytes(let bytes)? = try? SnapshotManifestResponse(wireBytes: payload),
      var manifest = try? SnapshotManifest(wireBytes: bytes)
    else { return nil }
    manifest.items += 1
    return SnapshotManifestResponse.bytes(manifest.wireBytes).wireBytes
  }
}
