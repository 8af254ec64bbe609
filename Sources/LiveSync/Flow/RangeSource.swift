import Networking
import Primitives
import Runtime
import StateTrie

/// Ranges of one block's state that some peers keep ready-made, such as the pieces of a snapshot.
///
/// An offer is a hint. Each piece comes with a proof of both its edges and is checked like any
/// other chunk against the state root of the block, which is one of our chain.
public struct RangeOffer: Sendable, Equatable {
  /// Tells offers of one source apart; rises with each new one.
  public var id: UInt64
  /// Hash that names what the pieces are parts of, such as a snapshot's.
  public var name: Hash256
  /// The block whose state the pieces are of.
  public var number: UInt32
  public var hash: Hash256
  /// First key of each piece, rising from the empty key; a piece ends where the next one starts.
  public let starts: [KeyNibbles]
  /// Bytes of each piece in memory at most, before it is taken apart.
  public let bytes: [Int]
  /// The peers that have it.
  public var hosts: Set<PeerID>
  /// False while the chain is too far below the network's for chunks of its heads to be of use.
  public var isLiveUseful: Bool
  /// Pieces that may be on their way at a time, however many pay.
  public var piecesAtOnceMax: Int

  public init(
    id: UInt64, name: Hash256, number: UInt32, hash: Hash256, starts: [KeyNibbles], bytes: [Int],
    hosts: Set<PeerID>, isLiveUseful: Bool = true, piecesAtOnceMax: Int = .max
  ) {
    precondition(starts.first == .empty && starts.count == bytes.count, "pieces tile the keys")
    self.id = id
    self.name = name
    self.piecesAtOnceMax = piecesAtOnceMax
    self.number = number
    self.hash = hash
    self.starts = starts
    self.bytes = bytes
    self.hosts = hosts
    self.isLiveUseful = isLiveUseful
  }

  public static func == (a: RangeOffer, b: RangeOffer) -> Bool {
    a.id == b.id && a.hosts == b.hosts && a.isLiveUseful == b.isLiveUseful
  }

  /// The range of a piece.
  public func range(of piece: Int) -> KeyRange { KeyRange(tile: piece, from: starts) }

  /// The piece whose range has this key.
  func piece(at key: KeyNibbles) -> Int {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= key { low = middle } else { high = middle }
    }
    return low
  }
}

/// One piece of an offer.
public struct OfferedPiece: Sendable, Hashable {
  /// The offer.
  public var offer: UInt64
  /// Its place among the pieces.
  public var index: Int
}

/// A piece that a peer gave, not checked yet.
public struct FetchedPiece: Sendable {
  public var chunk: TrieChunk
  /// Bytes that came over the line for it.
  public var bytes: Int

  public init(chunk: TrieChunk, bytes: Int) {
    self.chunk = chunk
    self.bytes = bytes
  }
}

/// Why a piece did not come.
public enum PieceFailure: Error, Sendable {
  /// The request failed.
  case request(RequestError)
  /// The peer does not have it any more.
  case lacking
  /// What came is no piece; `reason` says why.
  case damaged(reason: String)
}

/// Something besides the peers' heads that gives ranges of the state.
///
/// The planner asks it for pieces side by side with chunks. It is called from any thread.
public protocol RangeSource: Sendable {
  /// What can be had now; nil if nothing.
  /// - Parameter window: how far above our head chunks of other heads may be to be of use.
  func offer(window: UInt32) -> RangeOffer?
  /// The state is complete: nothing will be asked for any more.
  func completed()
  /// Fetches one piece from one of its hosts.
  func fetch(
    _ piece: OfferedPiece, from peer: PeerID, timeout: Duration
  ) async throws(PieceFailure) -> FetchedPiece
}
