import EventLog
import Ledger
import LiveSync
import Networking
import Primitives

/// The chain moves on.
extension SimulatedWorld {
  /// One block interval: a block or a fork is made and announced, peers come and go.
  func advance() async throws {
    let blocks = try producer.advance(replacing: takeDueRebranch())
    try shelf?.noteHead(of: producer.source)
    for block in blocks {
      _ = observer.record(
        .block(
          .produced(
            kind: block.kind.logged, block: block.number, hash: block.hash,
            transactions: block.body?.transactions.count ?? 0,
            entries: producer.source.entryCount(of: block.hash))),
        context: .run, cause: nil, request: nil)
    }
    noteHead(blocks, maker: try await announce(blocks))
    try await announceTwin()
    for liar in liars + rootLiars where liar.kind == .wrongRoot {
      try await announceWrongRoot(liar)
    }
    changePeers()
    noteCompletion()
  }

  /// Announces new blocks; returns who did. The chain's maker does so itself where it is a node of
  /// the network. Else they are handed to an honest peer that can take them: the one that made the
  /// last block always can, unless it is away; blocks that nobody can announce are found later by
  /// those who ask.
  private func announce(_ blocks: [Block]) async throws -> PeerID? {
    guard let maker else { return try await announceByPeer(blocks) }
    for block in blocks { await maker.announce(block) }
    return maker.peer
  }

  /// - Parameter passing: so many of those whose turn it would be are passed over.
  func announceByPeer(_ blocks: [Block], passing: Int = 0) async throws -> PeerID? {
    let makers = peers.filter { node in
      !away.contains(node.peer)
        && !liars.contains { $0.peer == node.peer && $0.kind == .wrongRoot }
        && !plannedLiars.contains(Int(node.peer.number))
        // Nobody passes on the block of a peer that only serves.
        && (node.node != nil || !observer.banned.contains(node.peer.number))
    }
    let turn = Int(blocks[0].number) + passing
    let ready = makers.indices.map { makers[(turn + $0) % makers.count] }
      .first { $0.chain.isKnown(blocks[0].parentHash) && !$0.chain.needsDiffs }
    // If all who have the parent are away, the maker gets it from where it comes from. Who has lost
    // its state by a jump cannot make blocks.
    let able = makers.filter { !$0.chain.needsDiffs }
    guard let maker = ready ?? able.first else { return nil }
    for block in ancestors(of: blocks[0], missingFor: maker.chain) + blocks {
      try maker.chain.push(block)
      await maker.announce(block)
    }
    return maker.peer
  }

  /// The blocks below `block` that `chain` lacks, lowest first.
  private func ancestors(of block: Block, missingFor chain: Blockchain) -> [Block] {
    var list: [Block] = []
    var hash = block.parentHash
    while !chain.isKnown(hash), let parent = producer.source.block(hash) {
      list.append(parent)
      hash = parent.parentHash
    }
    return list.reversed()
  }

  private func announceWrongRoot(_ liar: Liar) async throws {
    guard Int(producer.source.headNumber) % SimulationLimits.wrongRootEvery == 0,
      let block = try producer.blockWithWrongRoot()
    else { return }
    liar.announces(block.hash)
    await network.endpoint(for: liar.peer).announce(block)
  }
}

extension BlockKind {
  /// The kind's name in the log.
  fileprivate var logged: Event.BlockKind {
    switch self {
    case .micro: .micro
    case .skip: .skip
    case .macro: .macro
    case .election: .election
    }
  }
}

extension Blockchain {
  /// Number of entries in a kept diff.
  fileprivate func entryCount(of hash: Hash256) -> Int {
    guard case .diff(let diff) = trieDiff(of: hash) else { return 0 }
    return diff.entries.count
  }
}
