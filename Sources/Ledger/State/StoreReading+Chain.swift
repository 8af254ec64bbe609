import MerkleTree
import Primitives
import StateTrie
import Storage

extension KeyValueStore {
  /// Runs `body` on the newest committed state.
  func look<Output>(
    _ body: (borrowing StoreSnapshot) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> Output {
    let result: Result<Output, LedgerStoreError>
    do throws(StorageError) {
      result = try read { snapshot throws(StorageError) in
        do throws(LedgerStoreError) {
          return .success(try body(snapshot))
        } catch { return .failure(error) }
      }
    } catch { throw .storage(error) }
    return try result.get()
  }
}

/// Reading the chain's records from one state of a store.
extension StoreSnapshot {
  /// The bytes of a record, nil if it is not there.
  func bytes(of record: ChainRecord) throws(LedgerStoreError) -> [UInt8]? {
    do throws(StorageError) { return try value(of: record.key) } catch { throw .storage(error) }
  }

  /// A record that is nothing but the wire form of a value, nil if it is not there.
  func record<Value: WireCodable>(
    _ record: ChainRecord, _ type: Value.Type = Value.self
  ) throws(LedgerStoreError) -> Value? {
    guard let bytes = try bytes(of: record) else { return nil }
    return try Value(stored: bytes, as: record)
  }

  /// Where the chain stands; nil if there is none.
  func position() throws(LedgerStoreError) -> StoredPosition? {
    guard let bytes = try bytes(of: .position) else { return nil }
    if let format = StoredPosition.format(of: bytes), format > StoredPosition.formatVersion {
      throw .newerFormat(found: format, known: StoredPosition.formatVersion)
    }
    return try StoredPosition(stored: bytes, as: .position)
  }

  /// A block that may be there. The header must have the hash it is stored under, and commit to
  /// what is read of the body and the next validators.
  func block(_ hash: Hash256, includeBody: Bool) throws(LedgerStoreError) -> Block? {
    guard let stored: StoredBlock = try record(.block(hash)) else { return nil }
    var block = stored.block
    guard block.hash == hash else { throw .damaged(.block(hash), "it is block \(block.id)") }
    switch stored.body {
    case .none: break
    case .empty: block.body = .empty
    case .record where includeBody:
      guard let body: BlockBody = try record(.body(hash)) else { throw .missing(.body(hash)) }
      block.body = body
    case .record: break
    }
    guard block.bodyFitsHeader else { throw .damaged(.body(hash), "it is another block's") }
    return includeBody ? block : block.withoutBody
  }

  /// A block that must be there.
  func knownBlock(_ id: BlockID, includeBody: Bool) throws(LedgerStoreError) -> Block {
    guard let block = try block(id.hash, includeBody: includeBody) else {
      throw .missing(.block(id.hash))
    }
    guard block.number == id.number else {
      throw .damaged(.block(id.hash), "it has height \(block.number), not \(id.number)")
    }
    return block
  }
}

extension StoreSnapshot: BlockReading {
  func find(_ hash: Hash256, includeBody: Bool) throws(LedgerStoreError) -> FoundBlock? {
    guard let block = try block(hash, includeBody: includeBody) else { return nil }
    return FoundBlock(block: block, isOnMain: try mainHash(at: block.number) == hash)
  }

  func mainHash(at number: UInt32) throws(LedgerStoreError) -> Hash256? {
    guard let bytes = try bytes(of: .main(number)) else { return nil }
    guard let hash = Hash256(bytes: bytes) else {
      throw .damaged(.main(number), "it has \(bytes.count) bytes")
    }
    return hash
  }

  func checkpoints() throws(LedgerStoreError) -> (election: BlockID, macro: BlockID) {
    guard let position = try position() else { throw .noChain }
    return (position.election, position.macro)
  }

  func history(before macro: BlockID) throws(LedgerStoreError) -> MountainFrontier? {
    try record(.history(macro.number))
  }

  func keptDiff(of block: BlockID) throws(LedgerStoreError) -> TrieDiff? {
    try record(.diff(block.number, block.hash))
  }
}

extension WireCodable {
  /// The value in the bytes of a record.
  init(stored bytes: [UInt8], as record: ChainRecord) throws(LedgerStoreError) {
    do throws(WireError) {
      try self.init(wireBytes: bytes)
    } catch { throw .damaged(record, error.description) }
  }
}

extension StoreSnapshot {
  /// The first `limit` records of `range`.
  func all(
    in range: StoreRange, limit: Int = .max
  ) throws(LedgerStoreError) -> [StoreEntry] {
    do throws(StorageError) {
      return try entries(in: range, limit: limit)
    } catch { throw .storage(error) }
  }
}
