import Primitives

/// Which of two branches that part from the same block is the better one: more macro
/// blocks, then longer, then the one whose first block is no skip block, then the smaller hash of
/// that block.
enum ChainOrder {
  /// A branch as seen from where it parts.
  struct Branch {
    /// Its first block after the common ancestor.
    var first: BlockHeader
    /// Height of its last block.
    var tip: UInt32
  }

  /// True if `candidate` replaces `current`.
  static func isBetter(
    _ candidate: Branch, than current: Branch, configuration: ChainConfiguration
  ) -> Bool {
    // Macro blocks stand at fixed heights, so the tip tells how many a branch has.
    let macros = { (tip: UInt32) in tip / configuration.blocksPerBatch }
    if macros(candidate.tip) != macros(current.tip) {
      return macros(candidate.tip) > macros(current.tip)
    }
    if candidate.tip != current.tip { return candidate.tip > current.tip }
    let isSkip = (candidate.first.kind == .skip, current.first.kind == .skip)
    if isSkip.0 != isSkip.1 { return isSkip.1 }
    return candidate.first.hash < current.first.hash
  }
}
