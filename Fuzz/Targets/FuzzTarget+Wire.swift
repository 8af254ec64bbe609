import Ledger
import MerkleTree
import Messages
import Networking
import Primitives
import StateTrie

/// The decoder of one wire type.
package struct WireDecoding: Sendable {
  fileprivate let name: String
  fileprivate let seeds: @Sendable () -> [[UInt8]]
  /// The wire form of what was read, nil if it was refused.
  fileprivate let reencoded: @Sendable ([UInt8]) -> [UInt8]?

  package init<Value: WireCodable>(_ type: Value.Type, _ seeds: @escaping @Sendable () -> [Value]) {
    name = "\(type)"
    self.seeds = { seeds().map(\.wireBytes) }
    reencoded = { try? Value(wireBytes: $0).wireBytes }
  }
}

extension FuzzTarget {
  /// The decoders of one room. The first byte of the input chooses which. What is read must be
  /// written again as the very same bytes.
  package static func wire(_ name: String, _ decodings: [WireDecoding]) -> FuzzTarget {
    FuzzTarget(
      name,
      seeds: {
        decodings.enumerated().flatMap { index, decoding in
          decoding.seeds().map { [UInt8(index)] + $0 }
        }
      },
      check: { input in
        guard let choice = input.first else { return }
        let decoding = decodings[Int(choice) % decodings.count]
        let bytes = Array(input.dropFirst())
        guard let again = decoding.reencoded(bytes) else { return }
        try demand(again == bytes, "\(decoding.name) is read from bytes it would not write")
      })
  }

  static let wire: [FuzzTarget] = [primitives, merkle, trie, ledger, messages]

  private static let primitives = wire(
    "wire-primitives",
    [
      .init(KeyNibbles.self) { FuzzWorld.all.flatMap { $0.keys.prefix(2) } },
      .init(Hash256.self) { [.zero, FuzzWorld.all[1].root] },
      .init(PublicKey.self) { [FuzzChain.shared.users[0].publicKey] },
      .init(Signature.self) { [FuzzChain.shared.users[0].sign([1])] },
      .init(NodeIdentity.self) { [NodeIdentity(key: FuzzChain.shared.users[0].publicKey)] },
    ])

  private static let merkle = wire(
    "wire-merkle",
    [
      .init(InclusionProof.self) { [.init(hashes: hashes)] },
      .init(RangeProof.self) { [.init(hashes: hashes)] },
      .init(ConsistencyProof.self) { [.init(hashes: hashes)] },
      .init(MountainFrontier.self) {
        (0..<UInt8(6)).map { count in
          var frontier = MountainFrontier()
          for leaf in 0..<count { frontier.append(leaf: [leaf]) }
          return frontier
        }
      },
    ])

  private static let hashes = (0..<UInt8(3)).map { Blake2b256.hash([$0]) }

  private static let trie = wire(
    "wire-trie",
    [
      .init(TrieChunk.self) {
        FuzzWorld.all.flatMap { world in
          [ChunkEdges.last, .both].compactMap {
            try? world.trie.chunk(from: .empty, limit: 4, edges: $0)
          }
        }
      },
      .init(TrieProof.self) {
        FuzzWorld.all.compactMap {
          try? $0.trie.proof(of: $0.keys.prefix(2) + [KeyNibbles(bytes: [1])])
        }
      },
      .init(TrieDiff.self) { FuzzChain.shared.blocks.map(\.diff) },
      .init(TrieDiff.Entry.self) { FuzzChain.shared.blocks.flatMap { $0.diff.entries.prefix(2) } },
      .init(TrieItem.self) { FuzzWorld.all.flatMap { $0.items.prefix(1) } },
      .init(ProofNode.self) {
        FuzzWorld.all.compactMap { try? $0.trie.proof(of: $0.keys.prefix(2) + []).nodes.last }
      },
      .init(KeyRange.self) { [.all, KeyRange(subtree: KeyNibbles(bytes: [3]))] },
      .init(KeyRangeSet.self) {
        [
          .none, .all,
          [1, 3, 5].reduce(into: .none) { $0.insert(KeyRange(subtree: .init(bytes: [$1]))) },
        ]
      },
    ])

  private static let ledger = wire(
    "wire-ledger",
    [
      .init(Block.self) { FuzzChain.shared.blocks.map(\.block) },
      .init(BlockHeader.self) { FuzzChain.shared.blocks.map(\.block.header) },
      .init(BlockBody.self) { FuzzChain.shared.blocks.compactMap(\.block.body) },
      .init(Transaction.self) { FuzzChain.shared.transactions },
      .init(Account.self) { [Account(balance: 5), Account(balance: 1, nonce: 9, data: [1, 2])] },
      .init(Address.self) { FuzzChain.shared.users.map { Address(of: $0.publicKey) } },
      .init(Justification.self) { FuzzChain.shared.blocks.map(\.block.justification) },
      .init(ValidatorSet.self) { [FuzzChain.shared.genesis.validators] },
      .init(ChainConfiguration.self) { [FuzzChain.shared.genesis.configuration] },
      .init(Genesis.self) { [FuzzChain.shared.genesis] },
      .init(ForkProof.self) { [FuzzChain.shared.forkProof] },
      .init(MacroChain.self) { [FuzzChain.shared.macroChain] },
      .init(BlockSeed.self) { FuzzChain.shared.blocks.map(\.block.header.seed) },
    ])

  private static let messages = wire(
    "wire-messages",
    [
      .init(RequestMissingBlocks.self) {
        [.init(target: .zero, includeBody: true, locators: hashes, direction: .forward)]
      },
      .init(MissingBlocksResponse.self) {
        [.blocks(FuzzChain.shared.blocks.prefix(3).map(\.block)), .targetUnknown, .failed]
      },
      .init(RequestBlock.self) { [.init(hash: .zero, includeBody: false)] },
      .init(BlockResponse.self) {
        [.init(block: nil), .init(block: FuzzChain.shared.blocks[0].block)]
      },
      .init(HeadResponse.self) {
        [.init(number: 300, head: hashes[0], macro: hashes[1], election: hashes[2])]
      },
      .init(RequestMacroChain.self) { [.init(locators: hashes, limit: 5)] },
      .init(MacroChainResponse.self) { [.chain(FuzzChain.shared.macroChain), .locatorsUnknown] },
      .init(RequestTrieDiff.self) { [.init(blockHash: .zero)] },
      .init(TrieDiffResponse.self) {
        [.partialDiff(FuzzChain.shared.blocks[0].diff), .unknownBlockHash, .incompleteState]
      },
      .init(RequestChunk.self) {
        [.init(startKey: .empty, endKey: KeyNibbles(bytes: [1]), limit: 40, edges: .both)]
      },
      .init(ChunkResponse.self) {
        FuzzWorld.all.compactMap { world in
          (try? world.trie.chunk(from: .empty, limit: 3)).map {
            .chunk(number: 5, hash: .zero, $0)
          }
        } + [.incompleteState]
      },
      .init(HeaderAnnouncement.self) { FuzzChain.shared.blocks.map { .init(of: $0.block) } },
      .init(BodyAnnouncement.self) {
        FuzzChain.shared.blocks.compactMap { made in
          made.block.body.map { .init(blockHash: made.block.hash, body: $0) }
        }
      },
    ])
}
