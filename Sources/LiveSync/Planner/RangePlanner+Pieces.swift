import Networking
import StateTrie

/// Pieces that some peers keep ready-made, beside chunks of the peers' heads.
///
/// A piece has fewer bytes than chunks of the same range, and its peer only reads it from a file.
/// So whoever has the offer is asked for whole pieces as long as there are any that are mostly
/// free; what others leave over between them is fetched as chunks. What is free, who is asked and
/// how many are on their way follows from the same measures either way.
extension RangePlanner {
  /// A piece for `peer`; nil if it has none that is worth asking for.
  func piece(of offer: RangeOffer, for peer: PeerID, in free: KeyRangeSet) -> OfferedPiece? {
    guard offer.hosts.contains(peer) else { return nil }
    if peers[peer].verifiedChunks > 0 {
      return offer.pieces(worthIn: free, limit: 1).first
    }
    let some = offer.pieces(worthIn: free, limit: LiveSyncLimits.firstPiecesMax)
    return some.min { offer.bytes[$0.index] < offer.bytes[$1.index] }
  }

  /// True for a host that has proven nothing yet while it is asked for something: it shows with one
  /// small piece that it does not lie.
  func isOnTrial(_ peer: PeerID, of offer: RangeOffer) -> Bool {
    offer.hosts.contains(peer) && peers[peer].verifiedChunks == 0 && peers[peer].inFlight > 0
  }

  /// True if one more piece may be on its way.
  func mayAskForPiece(of offer: RangeOffer) -> Bool {
    // Counting is left out where nothing bounds it.
    offer.piecesAtOnceMax >= LiveSyncLimits.chunkRequestsMax
      || flights.values.count { $0.query.piece != nil } < offer.piecesAtOnceMax
  }
}

extension RangeOffer {
  /// The first pieces that are mostly free, at most `limit`; while chunks of heads are of no use,
  /// all that are free in part.
  func pieces(worthIn free: KeyRangeSet, limit: Int = .max) -> [OfferedPiece] {
    var found: [OfferedPiece] = []
    var next = 0
    for range in free.ranges {
      var index = max(next, piece(at: range.start))
      while index < starts.count, self.range(of: index).intersects(range) {
        if isWorth(self.range(of: index), free) {
          found.append(OfferedPiece(offer: id, index: index))
          if found.count == limit { return found }
        }
        index += 1
      }
      next = index
    }
    return found
  }

  /// True if so much of a piece is free that it takes less of the line than chunks of that part.
  private func isWorth(_ range: KeyRange, _ free: KeyRangeSet) -> Bool {
    guard isLiveUseful else { return true }
    return Self.share(of: range, in: free) >= range.share * LiveSyncLimits.freePieceShare
  }

  private static func share(of range: KeyRange, in set: KeyRangeSet) -> Double {
    set.intersection(range).reduce(0) { $0 + $1.share }
  }

  /// The share of the key space that pieces rather than chunks will bring of what is missing.
  package func share(of missing: KeyRangeSet) -> Double {
    pieces(worthIn: missing).reduce(0) { $0 + Self.share(of: range(of: $1.index), in: missing) }
  }
}

extension ChunkQuery {
  /// The same piece at another peer; nil if this is none, or if that peer does not have it.
  func piece(of offer: RangeOffer, at peer: PeerID) -> OfferedPiece? {
    guard let piece, piece.offer == offer.id, offer.hosts.contains(peer) else { return nil }
    return piece
  }
}
