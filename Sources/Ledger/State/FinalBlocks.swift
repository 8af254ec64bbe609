import Locking
import MerkleTree
import Primitives
import StateTrie
import Storage

/// The blocks of the main chain that are final and that nothing is built on any more. They never
/// change, so that whoever reads them need not keep anybody from adding more.
enum FinalBlocks: Sendable {
  case stored(any KeyValueStore)
  case inMemory(FinalArchive)

  func find(_ hash: Hash256, includeBody: Bool) throws(LedgerStoreError) -> FoundBlock? {
    switch self {
    case .stored(let store):
      try store.look { (snapshot) throws(LedgerStoreError) in
        try snapshot.find(hash, includeBody: includeBody)
      }
    case .inMemory(let archive):
      archive.entry(hash).map {
        FoundBlock(block: includeBody ? $0.block : $0.block.withoutBody, isOnMain: true)
      }
    }
  }

  func mainHash(at number: UInt32) throws(LedgerStoreError) -> Hash256? {
    switch self {
    case .stored(let store):
      try store.look { (snapshot) throws(LedgerStoreError) in try snapshot.mainHash(at: number) }
    case .inMemory(let archive): archive.hash(at: number)
    }
  }

  func history(before macro: BlockID) throws(LedgerStoreError) -> MountainFrontier? {
    switch self {
    case .stored(let store):
      try store.look { (snapshot) throws(LedgerStoreError) in try snapshot.history(before: macro) }
    case .inMemory(let archive): archive.entry(macro.hash)?.history
    }
  }

  func keptDiff(of block: BlockID) throws(LedgerStoreError) -> TrieDiff? {
    switch self {
    case .stored(let store):
      try store.look { (snapshot) throws(LedgerStoreError) in try snapshot.keptDiff(of: block) }
    case .inMemory(let archive): archive.entry(block.hash)?.diff
    }
  }
}

/// The final blocks of a chain without a store.
final class FinalArchive: Sendable {
  private struct Kept {
    var entries: [Hash256: BlockEntry] = [:]
    var main: [UInt32: Hash256] = [:]
  }

  private let kept = Lock(Kept())

  func entry(_ hash: Hash256) -> BlockEntry? { kept.withLock { $0.entries[hash] } }

  func hash(at number: UInt32) -> Hash256? { kept.withLock { $0.main[number] } }

  /// Takes main chain blocks that have become final, and drops the diffs below `diffFloor`.
  func add(_ entries: [BlockEntry], diffFloor: Range<UInt32>) {
    kept.withLock { kept in
      for entry in entries {
        kept.entries[entry.block.hash] = entry
        kept.main[entry.block.number] = entry.block.hash
      }
      for number in diffFloor {
        if let hash = kept.main[number] { kept.entries[hash]?.diff = nil }
      }
    }
  }
}
