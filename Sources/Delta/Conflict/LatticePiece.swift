import CRDT
import Primitives
import Reconciliation

/// A piece of a value with its record: key and version are the piece's name and rank, the value its
/// wire form.
struct LatticePiece<Value: ReplicatedType>: Sendable {
  let piece: Value.Delta
  let name: PieceName
  let entry: SyncEntry

  /// A piece of this side; nil if the delta is none.
  init?(_ piece: Value.Delta) {
    let bytes = piece.wireBytes
    guard let name = Value.name(of: piece),
      let record = Record(key: name.key, version: name.rank, value: bytes)
    else { return nil }
    self.piece = piece
    self.name = name
    entry = SyncEntry(record: record, value: bytes)
  }

  /// A piece of another side. Refuses what is no piece of this type, what is too long, and what has
  /// another record than it should.
  init(_ entry: SyncEntry) throws(LatticeError) {
    guard entry.value.count <= DeltaLimits.pieceBytesMax else {
      throw .pieceTooLarge(bytes: entry.value.count)
    }
    let piece: Value.Delta
    do throws(WireError) { piece = try Value.Delta(wireBytes: entry.value) } catch {
      throw .undecodable(error)
    }
    guard let known = Self(piece) else { throw .noPiece }
    guard known.entry == entry else { throw .wrongRecord(key: entry.record.key) }
    self = known
  }
}

/// The records of a replica as the pieces that they are of.
struct RecordedPieces<Value: ReplicatedType>: HeldPieces {
  let content: MemoryReplica.Content

  func visit(
    from first: [UInt8], through last: [UInt8], _ body: ([UInt8], UInt64) -> Bool
  ) {
    var key = first
    // Nearly all that is asked for are a few beside one another.
    var limit = 4
    while true {
      let page = content.records.table.records(from: key, limit: limit)
      for record in page {
        guard !last.lexicographicallyPrecedes(record.key), body(record.key, record.version) else {
          return
        }
      }
      guard page.count == limit, let end = page.last?.key else { return }
      key = end + [0]
      limit = ReconciliationLimits.pageRecordsMax
    }
  }

  func piece(of key: [UInt8]) -> Value.Delta? {
    content.records.table.record(of: key).flatMap { content.values[$0.id] }
      .flatMap { try? Value.Delta(wireBytes: $0) }
  }
}
