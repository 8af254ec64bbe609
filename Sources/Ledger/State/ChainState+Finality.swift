import Primitives
import StateTrie

extension ChainState {
  /// Makes everything up to `macro`, which is the head, final.
  func finalize(_ macro: Block) {
    let old = macroHead
    content.macroHead = macro
    if macro.kind == .election {
      content.electionHead = macro
      guard let next = macro.nextValidators else {
        preconditionFailure("election block \(macro.id) was taken without next validators")
      }
      content.validators = next
    }
    forgetSideBlocks { $0.block.number > macro.number }
    if old.kind != .election { dropHistory(before: old) }
    for number in old.number + 1...macro.number {
      guard let hash = main[number] else { continue }
      content.blocks[hash]?.applied = nil
      if hash != macro.hash { content.blocks[hash]?.history = nil }
      content.open[number] = nil
      changes?.note(open: number)
    }
    changes?.note(historyBefore: macro.number)
    pruneDiffs()
    emit(
      macro.kind == .election ? .epochFinalized(macro.hash) : .finalized(macro.hash))
  }

  /// Drops the diffs of final blocks that are too old to be served.
  func pruneDiffs() {
    let kept = UInt32(clamping: options.finalDiffsKept)
    let floor = macroHead.number > kept ? macroHead.number - kept : 0
    while diffFloor < floor {
      if let hash = main[diffFloor] { content.blocks[hash]?.diff = nil }
      content.diffFloor += 1
    }
  }
}
