import Compression
import Ledger
import Primitives
import StateTrie
import Storage

/// Takes the chunks of a hash-only snapshot in (format 1), in their order.
///
/// The items go to a trie in a store of unproven things. Only when its root is the trusted one are
/// they handed on, in chunks with proofs, to the same place and by the same checks as those of a
/// provable snapshot. A restart begins anew: the middle of a compressed stream cannot be gone on
/// with.
final class HashOnlySink: RestoreSink {
  private let manifest: HashOnlyManifest
  private let staged: StagedChain
  private let store: any KeyValueStore
  private let trie: StateTrie
  private let inflate: InflateStream
  private var reader = HashOnlyStream.Reader()
  private var waiting: [TrieItem] = []
  private var waitingBytes = 0
  private var lastKey: KeyNibbles?
  private var items: UInt64 = 0

  init(
    _ manifest: HashOnlyManifest, _ offer: OfferedSnapshot, path: MacroChain,
    _ stores: any RestoreStores, _ genesis: Genesis
  ) throws(SnapshotFault) {
    self.manifest = manifest
    inflate = InflateStream(
      manifest.compression.format, limit: Int(manifest.rawBytes))
    staged = try StagedChain.begin(offer, path: path, stores, genesis)
    (store, trie) = try Self.open(stores, staged)
  }

  private static func open(
    _ stores: any RestoreStores, _ staged: StagedChain
  ) throws(SnapshotFault) -> (any KeyValueStore, StateTrie) {
    do throws(TrieError) {
      let store: any KeyValueStore
      do throws(StorageError) { store = try stores.openUnproven() } catch {
        throw TrieError.storage(error)
      }
      do throws(TrieError) {
        return (store, try StateTrie(store: store, missing: .none))
      } catch {
        // The error that led here is the one to tell.
        try? store.close()
        throw error
      }
    } catch {
      try staged.close()
      throw .storage("\(error)")
    }
  }

  var applied: [UInt32] { [] }

  func take(_ chunk: [UInt8], at index: Int) throws(SnapshotFault) -> ChunkFinding {
    guard chunk.count <= SnapshotLimits.hashOnlyChunkBytes else {
      return .corrupt("\(chunk.count) bytes are too many")
    }
    guard Sha256.hash(chunk) == manifest.chunkHashes[index] else {
      return .corrupt("its hash is another one")
    }
    // What follows is what the manifest names: no sender can do better.
    inflate.feed(chunk)
    while true {
      let piece: [UInt8]
      do throws(CompressionError) { piece = try inflate.next() } catch {
        return .falseManifest("\(error)")
      }
      if piece.isEmpty { break }
      if let reason = try read(piece) { return .falseManifest(reason) }
    }
    guard index == manifest.chunkCount - 1 else { return .applied }
    do throws(CompressionError) { try inflate.finish() } catch {
      return .falseManifest("\(error)")
    }
    return .applied
  }

  /// Puts the items of a piece of the stream into the trie; says what is wrong with them.
  private func read(_ piece: [UInt8]) throws(SnapshotFault) -> String? {
    reader.append(piece)
    do throws(WireError) {
      while let item = try reader.next() {
        if let lastKey, item.key <= lastKey { return "item \(item.key) is not in order" }
        lastKey = item.key
        items += 1
        waiting.append(item)
        waitingBytes += item.key.byteCount + item.value.count
      }
    } catch { return "item \(items): \(error)" }
    return waitingBytes >= SnapshotLimits.hashOnlyBatchBytes ? try put(waiting) : nil
  }

  private func put(_ batch: [TrieItem]) throws(SnapshotFault) -> String? {
    (waiting, waitingBytes) = ([], 0)
    do throws(TrieError) { try trie.put(batch) } catch {
      if error.isOfStore { throw .storage("\(error)") }
      return "\(error)"
    }
    let trie = trie
    try StagedChain.disk { () throws(StorageError) in
      try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    }
    trie.committed()
    return nil
  }

  func finish() throws(SnapshotFault) -> StagedChain {
    if let reason = try put(waiting) { throw .unfinished(reason) }
    guard reader.remaining == 0, items == manifest.items else {
      throw .unfinished("\(items) of \(manifest.items) items came")
    }
    let wanted = manifest.appHash
    guard let root = trie.rootHash(), root == wanted else {
      throw .otherState(trie.rootHash(), wanted: wanted)
    }
    try handOn()
    close(keepingStaged: true)
    guard staged.chain.stateComplete else {
      throw .otherState(staged.chain.stateRoot, wanted: wanted)
    }
    return staged
  }

  /// Gives the items to the chain, with proofs.
  private func handOn() throws(SnapshotFault) {
    var start: KeyNibbles? = .empty
    while let from = start {
      let chunk: TrieChunk
      do throws(TrieError) {
        chunk = try trie.chunk(
          from: from, limit: StateTrieLimits.chunkItemsMax, edges: .both,
          bytesMax: SnapshotLimits.pieceBytesMax)
      } catch { throw .storage("\(error)") }
      let push = ChunkPush(
        chunk: chunk, start: from, edges: .both, blockHash: manifest.anchor.block.hash)
      if let failure = try staged.take([push]) { throw .unfinished("\(failure.error)") }
      start = chunk.end
    }
  }

  func close() { close(keepingStaged: false) }

  private func close(keepingStaged: Bool) {
    // Everything is committed, or of no use.
    try? store.close()
    if !keepingStaged { try? staged.close() }
  }
}
