import Primitives

/// Who made a block on a side branch: the producer of a micro block, or a quorum.
struct SideBlockMaker: Hashable, Comparable {
  private let number: Int

  init(_ block: Block) {
    if case .producer(let signed) = block.justification {
      number = Int(signed.signer)
    } else {
      number = -1
    }
  }

  static func < (a: SideBlockMaker, b: SideBlockMaker) -> Bool { a.number < b.number }
}

/// Room for side branches, in bytes.
///
/// All of these blocks are well signed, so it takes a producer that signs many blocks at one height
/// to fill it: that one's give way to those of others.
extension ChainState {
  /// Bytes of the blocks on side branches with their diffs.
  var sideBytes: Int { sideEntries.reduce(0) { $0 + $1.memoryBytes } }

  /// Makes room for a block on a side branch, or for the diff of one that is there; false if there
  /// is none.
  func makeSideRoom(for new: BlockEntry) -> Bool {
    while true {
      var budget = ByteBudget<SideBlockMaker>(options.sideBytes)
      for entry in sideEntries where entry.block.hash != new.block.hash {
        let (bytes, maker) = (entry.memoryBytes, SideBlockMaker(entry.block))
        // A rebranch may have put more here than fits.
        guard budget.admission(of: bytes, for: maker) == .fits else { return false }
        budget.charge(bytes, to: maker)
      }
      switch budget.admission(of: new.memoryBytes, for: SideBlockMaker(new.block)) {
      case .fits: return true
      case .refused: return false
      case .makeRoom(let maker): if !forgetNewest(of: maker, for: new) { return false }
      }
    }
  }

  /// Drops the blocks that have no room on side branches any more after a rebranch, the highest
  /// first.
  func trimSideBlocks() {
    var left = options.sideBytes.total
    var excess: Set<Hash256> = []
    for entry in sideEntries {
      left -= entry.memoryBytes
      if left < 0 { excess.insert(entry.block.hash) }
    }
    if !excess.isEmpty { forgetSideBlocks { !excess.contains($0.block.hash) } }
  }

  /// The blocks on side branches, the lowest first, in the order they came.
  private var sideEntries: [BlockEntry] {
    open.keys.sorted().flatMap { open[$0] ?? [] }.map(entry).filter { !$0.isOnMain }
  }

  /// Drops the highest block of a maker and what follows it; false if `new` stands on it.
  private func forgetNewest(of maker: SideBlockMaker, for new: BlockEntry) -> Bool {
    let newest = sideEntries.last { SideBlockMaker($0.block) == maker }
    guard let victim = newest?.block.hash else { return false }
    let (_, path) = branch(to: new.block.parentHash)
    if path.contains(victim) || victim == new.block.hash { return false }
    forgetSideBlocks { $0.block.hash != victim }
    return true
  }
}

extension BlockEntry {
  /// Bytes of memory that the block and its diff take.
  var memoryBytes: Int { block.memoryBytes + (diff?.memoryBytes ?? 0) }
}
