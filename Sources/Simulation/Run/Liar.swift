import LiveSync
import Networking
import Primitives
import StateTrie

/// Makes the answers of one peer wrong on their way out, and counts what the joining node got.
final class Liar {
  let kind: LiarKind
  let peer: PeerID
  /// Wrong answers that left for the joining node.
  private(set) var lies = 0
  private let victim: PeerID

  init(_ kind: LiarKind, peer: PeerID, victim: PeerID) {
    self.kind = kind
    self.peer = peer
    self.victim = victim
  }

  /// A wrong block left for everybody.
  func countAnnouncement() { lies += 1 }

  /// What to do with a message of this peer.
  func intercept(_ message: InterceptedMessage) -> InterceptAction {
    guard message.direction == .outgoing, let lie = lie(message.kind, message.payload) else {
      return .pass
    }
    if message.peer == victim { lies += 1 }
    return .replace(lie)
  }

  private func lie(_ message: MessageKind, _ payload: [UInt8]) -> [UInt8]? {
    switch (kind, message) {
    case (.wrongValue, .response(.chunk)):
      guard case .chunk(let number, let hash, var chunk)? = try? ChunkResponse(wireBytes: payload),
        !chunk.items.isEmpty
      else { return nil }
      let middle = chunk.items.count / 2
      chunk.items[middle].value.append(0)
      return ChunkResponse.chunk(number: number, hash: hash, chunk).wireBytes
    case (.wrongDiff, .response(.trieDiff)):
      guard case .partialDiff(let diff)? = try? TrieDiffResponse(wireBytes: payload),
        diff.entries.count > 1, let shorter = try? TrieDiff(entries: Array(diff.entries.dropLast()))
      else { return nil }
      return TrieDiffResponse.partialDiff(shorter).wireBytes
    default:
      return nil
    }
  }
}
