import Ledger
import Messages
import Networking
import Primitives

/// Blocks, and what is said about them, made wrong; nil where nothing is to be made wrong.
enum BlockLies {
  static func lie(
    _ kind: LiarKind, _ message: MessageKind, _ payload: [UInt8],
    earlier: ([UInt8]) -> [UInt8]?
  ) -> [UInt8]? {
    switch (kind, message) {
    case (.undecodableHeader, .gossip(.blockHeader)):
      return Array(payload.dropLast(max(1, payload.count / 3)))
    case (.badParent, .gossip(.blockHeader)):
      return header(payload) { $0.parentHash = Blake2b256.hash($0.parentHash.bytes) }
    case (.farFuture, .gossip(.blockHeader)):
      return header(payload) {
        $0.number += 1_000_000
        $0.timestamp += 1_000_000_000
      }
    case (.badSignature, .gossip(.blockHeader)):
      guard var announced = try? HeaderAnnouncement(wireBytes: payload) else { return nil }
      announced.justification = announced.justification.damaged
      return announced.wireBytes
    case (.falseHead, .response(.head)):
      guard var head = try? HeadResponse(wireBytes: payload) else { return nil }
      head.number += 1_000
      head.head = Blake2b256.hash(head.head.bytes)
      return head.wireBytes
    case (.gapInBlocks, .response(.missingBlocks)):
      guard case .blocks(var blocks)? = try? MissingBlocksResponse(wireBytes: payload),
        blocks.count > 2
      else { return nil }
      blocks.remove(at: blocks.count / 2)
      return MissingBlocksResponse.blocks(blocks).wireBytes
    case (.otherBlocks, .response(.missingBlocks)): return earlier(payload)
    default: return nil
    }
  }

  private static func header(
    _ payload: [UInt8], _ change: (inout BlockHeader.Fields) -> Void
  ) -> [UInt8]? {
    guard var announced = try? HeaderAnnouncement(wireBytes: payload) else { return nil }
    var fields = announced.header.fields
    change(&fields)
    announced.header = BlockHeader(fields)
    return announced.wireBytes
  }
}

extension Justification {
  /// The same with its first signature made wrong.
  fileprivate var damaged: Justification {
    switch self {
    case .genesis: return .genesis
    case .producer(let signature): return .producer(signature.damaged)
    case .quorum(var signatures):
      guard let first = signatures.first else { return self }
      signatures[0] = first.damaged
      return .quorum(signatures)
    }
  }
}

extension BlockSignature {
  fileprivate var damaged: BlockSignature {
    var bytes = signature.bytes
    bytes[bytes.count / 2] ^= 1
    guard let wrong = Signature(bytes: bytes) else { return self }
    return BlockSignature(signer: signer, signature: wrong)
  }
}
