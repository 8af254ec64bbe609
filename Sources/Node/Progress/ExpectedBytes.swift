import LiveSync
import Primitives
import StateTrie

/// Bytes that the missing part of the state is expected to take, by where they come from.
public struct ExpectedBytes: Sendable, Hashable {
  /// A snapshot that pieces are taken from.
  public struct Snapshot: Sendable, Hashable {
    /// Height of its block.
    public var block: UInt32
    /// Its name.
    public var hash: Hash256

    public init(block: UInt32, hash: Hash256) {
      self.block = block
      self.hash = hash
    }
  }

  /// Nil if there are chunks alone.
  public var snapshot: Snapshot?
  /// Bytes of its pieces.
  public var pieceBytes: Int
  /// Bytes of chunks of the peers' heads.
  public var chunkBytes: Int

  public init(snapshot: Snapshot?, pieceBytes: Int, chunkBytes: Int) {
    self.snapshot = snapshot
    self.pieceBytes = pieceBytes
    self.chunkBytes = chunkBytes
  }

  /// What `missing` takes, which is `bytes` altogether, each part by its share of the keys: pieces
  /// bring what they are asked for, chunks the rest.
  init(_ bytes: Double, of missing: KeyRangeSet, _ offer: RangeOffer?) {
    let whole = missing.ranges.reduce(0) { $0 + $1.share }
    let share = whole > 0 ? min(1, (offer?.share(of: missing) ?? 0) / whole) : 0
    let all = Int(min(max(0, bytes), 9e15))
    snapshot = offer.map { Snapshot(block: $0.number, hash: $0.name) }
    pieceBytes = Int(Double(all) * share)
    chunkBytes = all - pieceBytes
  }

  /// For people; nil if chunks are all there is.
  var text: String? {
    snapshot.map { snapshot in
      "\(ByteText.amount(Double(pieceBytes))) by pieces of snapshot \(snapshot.hash.hex.prefix(8)) "
        + "of block \(snapshot.block), \(ByteText.amount(Double(chunkBytes))) by chunks"
    }
  }
}

/// Numbers of bytes for people.
enum ByteText {
  /// With one decimal in a fitting unit.
  static func amount(_ value: Double) -> String {
    let (unit, scale) = value >= 1e6 ? ("MB", 1e6) : value >= 1e3 ? ("kB", 1e3) : ("B", 1)
    let tenths = Int64((min(value / scale, 1e12) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}
