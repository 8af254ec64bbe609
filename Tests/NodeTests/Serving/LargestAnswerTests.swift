import Ledger
import MerkleTree
import Messages
import Networking
import Node
import Primitives
import StateTrie
import Testing

/// No answer that an honest peer can give is above what the asker accepts.
@Suite struct LargestAnswerTests {
  private static let hash = Hash256.zero
  private static let signature = BlockSignature(signer: .max, signature: .zero)

  /// The largest set of validators.
  private static func validators() throws -> ValidatorSet {
    let keys = (0..<LedgerLimits.validatorsMax).map {
      KeyPair(seed: Blake2b256.hash(Array("validator \($0)".utf8))).publicKey
    }
    return try #require(ValidatorSet(keys.map { Validator(publicKey: $0, slots: 127) }))
  }

  private static func header(_ kind: BlockKind) -> BlockHeader {
    BlockHeader(
      .init(
        kind: kind, number: .max, timestamp: .max, network: .max, version: .max,
        parentHash: hash, lastElectionHash: hash, stateRoot: hash, diffRoot: hash, bodyRoot: hash,
        historyRoot: hash, seed: BlockSeed(.zero)))
  }

  /// A block that is as large as the rules of the ledger allow, and larger: with the most signers,
  /// the most validators and the most bytes of transactions.
  private static func block(hasBody: Bool) throws -> Block {
    let keys = KeyPair(seed: hash)
    func transaction(_ bytes: Int) -> Transaction {
      Transaction(
        network: .max, sender: keys.publicKey, nonce: .max, fee: .max,
        action: .setData([UInt8](repeating: 1, count: bytes)))
    }
    var transactions: [Transaction] = []
    var left = LedgerLimits.bodyBytesMax
    let overhead =
      transaction(LedgerLimits.dataBytesMax).wireBytes.count - LedgerLimits.dataBytesMax
    while left > overhead {
      transactions.append(transaction(min(LedgerLimits.dataBytesMax, left - overhead)))
      left -= transactions[transactions.count - 1].wireBytes.count
    }
    return Block(
      header: header(.election),
      justification: .quorum(Array(repeating: signature, count: LedgerLimits.validatorsMax)),
      nextValidators: try validators(),
      body: hasBody ? BlockBody(transactions: transactions) : nil)
  }

  /// A diff with the most bytes of values, spread over as many keys as a block can change.
  private static func diff() throws -> TrieDiff {
    let count = 3 * LedgerLimits.transactionsPerBlockMax
    let bytes = LedgerLimits.diffBytesMax / (2 * count)
    let keys = (0..<count).map {
      KeyNibbles(bytes: Array(Blake2b256.hash(Array("\($0)".utf8)).bytes.prefix(20)))
    }
    return try TrieDiff(
      entries: keys.sorted().map {
        TrieDiff.Entry(
          key: $0, old: [UInt8](repeating: 1, count: bytes),
          new: [UInt8](repeating: 2, count: bytes))
      })
  }

  private static let frontier = MountainFrontier(
    peaks: Array(repeating: .zero, count: 32), count: Int(UInt32.max))

  @Test func everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt() throws {
    let bare = try Self.block(hasBody: false)
    let block = try Self.block(hasBody: true)
    let item = HistoryProof.Item(
      hash: Self.hash, proof: InclusionProof(hashes: Array(repeating: Self.hash, count: 32)))
    let largest: [RequestType: Int] = [
      .head: HeadResponse(
        number: .max, head: Self.hash, macro: Self.hash, election: Self.hash
      ).wireBytes.count,
      .block: BlockResponse(block: block).wireBytes.count,
      // Blocks up to a number of bytes, or one.
      .missingBlocks: max(
        MessageLimits.blocksAnswerBytesMax + 16,
        MissingBlocksResponse.blocks([block]).wireBytes.count),
      .macroChain: max(
        MessageLimits.macroAnswerBytesMax,
        MacroChain(blocks: [bare], history: nil).wireBytes.count)
        + MacroChain(blocks: [], history: Self.frontier).wireBytes.count,
      .trieDiff: TrieDiffResponse.partialDiff(try Self.diff()).wireBytes.count,
      .blocksProof: BlocksProofResponse.proof(
        HistoryProof(
          anchor: bare, items: Array(repeating: item, count: LedgerLimits.historyProofsMax))
      ).wireBytes.count,
      // One value more than fits, and the inner nodes on the way to each key.
      .chunk: MessageLimits.chunkAnswerBytesMax + LedgerLimits.dataBytesMax
        + MessageLimits.chunkItemsMax * 64 + Self.pathBytes * 2,
      .trieProof: MessageLimits.proofAnswerBytesMax + LedgerLimits.dataBytesMax + Self.pathBytes,
    ]
    #expect(bare.wireBytes.count <= MessageLimits.macroBlockBytesMax)
    let history = MacroChain(blocks: [], history: Self.frontier)
    #expect(history.wireBytes.count <= MessageLimits.historyBytesMax)
    #expect(largest.keys.sorted() == RequestType.known.sorted())
    for (type, bytes) in largest {
      #expect(bytes <= type.responseBytesMax, "\(type): \(bytes)")
    }
    let own: [RequestType: Int] = [
      .head: MessageLimits.headResponseBytesMax,
      .macroChain: MessageLimits.macroChainResponseBytesMax,
      .blocksProof: MessageLimits.blocksProofResponseBytesMax,
      .block: MessageLimits.blocksResponseBytesMax,
      .missingBlocks: MessageLimits.blocksResponseBytesMax,
      .trieDiff: MessageLimits.diffResponseBytesMax,
    ]
    for type in RequestType.known {
      #expect(type.responseBytesMax == own[type] ?? NetworkingLimits.responseBytesMax, "\(type)")
    }
    #expect(Topic.blockHeader.payloadBytesMax == MessageLimits.headerBytesMax)
    #expect(Topic.blockBody.payloadBytesMax == MessageLimits.bodyBytesMax)
    let announced = HeaderAnnouncement(of: block).wireBytes.count
    #expect(announced <= Topic.blockHeader.payloadBytesMax)
    let body = BodyAnnouncement(blockHash: Self.hash, body: try #require(block.body))
    #expect(body.wireBytes.count <= Topic.blockBody.payloadBytesMax)
  }

  /// The nodes on the way to one key: one for each nibble, each with all its children.
  private static let pathBytes = PrimitiveLimits.keyNibblesMax * 16 * 64

  @Test func everyRequest_shouldBeAccepted_howeverMuchItNames() {
    let hashes = Array(repeating: Self.hash, count: MessageLimits.locatorsMax)
    let key = KeyNibbles(bytes: [UInt8](repeating: 255, count: PrimitiveLimits.keyNibblesMax / 2))
    let largest: [RequestType: Int] = [
      .head: RequestHead().wireBytes.count,
      .block: RequestBlock(hash: Self.hash, includeBody: true).wireBytes.count,
      .missingBlocks: RequestMissingBlocks(
        target: Self.hash, includeBody: true, locators: hashes, direction: .backward
      ).wireBytes.count,
      .macroChain: RequestMacroChain(
        locators: Array(hashes.prefix(MessageLimits.macroLocatorsMax))
      ).wireBytes.count,
      .trieDiff: RequestTrieDiff(blockHash: Self.hash).wireBytes.count,
      .blocksProof: RequestBlocksProof(
        numbers: Array(repeating: .max, count: MessageLimits.provenBlocksMax)
      ).wireBytes.count,
      .chunk: RequestChunk(
        startKey: key, endKey: key, limit: MessageLimits.chunkItemsMax, edges: .both
      ).wireBytes.count,
      .trieProof: RequestTrieProof(
        keys: Array(repeating: key, count: MessageLimits.proofKeysMax)
      ).wireBytes.count,
    ]
    #expect(largest.keys.sorted() == RequestType.known.sorted())
    for (type, bytes) in largest {
      #expect(bytes <= type.requestBytesMax, "\(type): \(bytes)")
      let isList = [.missingBlocks, .trieProof, .blocksProof].contains(type)
      #expect(
        type.requestBytesMax
          == (isList ? MessageLimits.listRequestBytesMax : NetworkingLimits.requestBytesMax))
    }
  }

  /// Accounts with as much data as they may have: everything that tells of them is cut and goes on.
  @Test func largeAccounts_shouldBeServedInParts_thatFitAndGoOn() throws {
    let data = [UInt8](repeating: 3, count: LedgerLimits.dataBytesMax)
    let accounts = (0..<24).compactMap { index in
      Address(bytes: Array(Blake2b256.hash(Array("\(index)".utf8)).bytes.prefix(20))).map {
        GenesisAccount(address: $0, account: Account(balance: 1, data: data))
      }
    }
    let genesis = try Genesis(
      configuration: ChainConfiguration(blocksPerBatch: 8, batchesPerEpoch: 2, slotCount: 1),
      timestamp: 1, accounts: accounts,
      validators: try #require(
        ValidatorSet([Validator(publicKey: KeyPair(seed: Self.hash).publicKey, slots: 1)])))
    let chain = Blockchain(genesis: genesis, state: .complete)
    let keys = chain.items().map(\.key)
    var rest = keys[...]
    var answers = 0
    while !rest.isEmpty {
      let answer = try #require(
        RequestServer.trieProof(RequestTrieProof(keys: Array(rest)), of: chain))
      #expect(answer.wireBytes.count <= RequestType.trieProof.responseBytesMax)
      guard case .proof(_, _, let count, let proof) = answer, count > 0 else {
        Issue.record("no proof of \(rest.count) keys")
        return
      }
      let values = try proof.verify(
        root: genesis.block.header.stateRoot, keys: Array(rest.prefix(count)))
      #expect(values.count == count)
      rest = rest.dropFirst(count)
      answers += 1
    }
    #expect(answers > 1)
    var start: KeyNibbles? = .empty
    var chunks = 0
    while let from = start {
      let request = RequestChunk(
        startKey: from, endKey: nil, limit: MessageLimits.chunkItemsMax, edges: .last)
      let answer = try #require(RequestServer.chunk(request, of: chain))
      #expect(answer.wireBytes.count <= RequestType.chunk.responseBytesMax)
      guard case .chunk(_, _, let chunk) = answer else {
        Issue.record("no chunk")
        return
      }
      start = chunk.end
      chunks += 1
    }
    #expect(chunks > 1)
  }
}
