import MerkleTree
import Primitives
import StateTrie

/// Blocks of which some are here and the final ones elsewhere.
protocol ContentReading: BlockReading {
  var content: ChainContent { get }
  var finals: FinalBlocks { get }
}

extension ContentReading {
  func find(_ hash: Hash256, includeBody: Bool) throws(LedgerStoreError) -> FoundBlock? {
    if let found = content.find(hash, includeBody: includeBody) { return found }
    guard let found = try finals.find(hash, includeBody: includeBody),
      // What is not final came after this content was looked at.
      found.block.number <= content.macroHead.number
    else { return nil }
    return found
  }

  func mainHash(at number: UInt32) throws(LedgerStoreError) -> Hash256? {
    if let hash = content.main[number] { return hash }
    return number >= content.macroHead.number ? nil : try finals.mainHash(at: number)
  }

  func checkpoints() -> (election: BlockID, macro: BlockID) {
    (content.electionHead.id, content.macroHead.id)
  }

  func history(before macro: BlockID) throws(LedgerStoreError) -> MountainFrontier? {
    if let entry = content.blocks[macro.hash] { return entry.history }
    return try finals.history(before: macro)
  }

  func keptDiff(of block: BlockID) throws(LedgerStoreError) -> TrieDiff? {
    if let entry = content.blocks[block.hash] { return entry.diff }
    return try finals.keptDiff(of: block)
  }
}
