import Ledger
import Messages
import Networking
import Peers
import Runtime

/// The macro chain as far as it was fetched and verified, shared by the macro syncs with all peers,
/// and whose turn it is to give the next part.
///
/// Verified blocks are right whoever gave them, so what one peer began another can go on with: an
/// answer that is late or a peer that leaves costs its own part only. A first, small part is asked
/// of every peer at once, which is all there is to a short chain; of a long one the parts that
/// follow come from one peer at a time, or a thin line would carry all of it once for each peer.
package struct MacroFetch: Sendable {
  /// Election blocks beyond ours; nil if there are none.
  package private(set) var verified: VerifiedMacroChain?
  /// Answers so far that brought the node further.
  package private(set) var verifiedCount = 0
  /// Bytes of the next part.
  package private(set) var partSize = PartSize(
    in: NodeLimits.macroPartBytesFirst...MessageLimits.macroAnswerBytesMax)
  /// The peer that gives the parts, and until when the others wait for it.
  private var holder: (peer: PeerID, until: Moment)?

  /// Bytes of verified blocks that are kept.
  private let bytesMax: Int

  package init(bytesMax: Int = NodeLimits.macroChainBytesMax) {
    self.bytesMax = bytesMax
  }

  /// True if the peer may be asked for a part now, whose answer is waited for as long as
  /// `patience`. If another peer is asked for one, it has half of that time before its turn ends.
  package mutating func begin(_ peer: PeerID, patience: Duration, at now: Moment) -> Bool {
    guard let holder else { return true }
    guard holder.peer == peer || holder.until <= now else { return false }
    hold(peer, patience: patience, at: now)
    return true
  }

  /// The peer has more to give: the next parts come from it.
  package mutating func goOn(with peer: PeerID, patience: Duration, at now: Moment) {
    if holder == nil { hold(peer, patience: patience, at: now) }
  }

  private mutating func hold(_ peer: PeerID, patience: Duration, at now: Moment) {
    holder = (peer, now.advanced(by: patience / 2))
  }

  /// Macro sync with the peer has ended.
  package mutating func end(_ peer: PeerID) {
    if holder?.peer == peer { holder = nil }
  }

  /// A part of `bytes` came after `time`.
  package mutating func came(_ bytes: Int, after time: Duration, roundTrip: Duration?) {
    partSize.came(bytes, after: time, roundTrip: roundTrip)
  }

  /// A part did not come in time.
  package mutating func wasLate() { partSize.wasLate() }

  /// Keeps what was verified, up to its last election block. What another peer brought further
  /// meanwhile stays. False if it is too large to be kept.
  package mutating func keep(_ chain: VerifiedMacroChain) -> Bool {
    let elections = chain.elections
    if let verified, verified.start == elections.start,
      verified.lastElection.number >= elections.lastElection.number
    {
      return true
    }
    // An answer with nothing new is no movement, however often it comes.
    if !elections.blocks.isEmpty { verifiedCount += 1 }
    guard elections.byteCount <= bytesMax else { return false }
    verified = elections.blocks.isEmpty ? nil : elections
    return true
  }

  /// The chain has adopted what was verified.
  package mutating func adopted() { verified = nil }
}
