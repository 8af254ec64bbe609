import EventLog
import Ledger
import Messages
import Networking
import Peers
import Primitives
import StateTrie

/// Answers the requests of other nodes from our chain.
///
/// Answers are read without waiting: blocks from the newest view of the chain, the state from a
/// snapshot of its store. A node whose state is incomplete says so.
public struct RequestServer: Sendable {
  private let context: SyncContext

  public init(context: SyncContext) { self.context = context.actor("request_server") }

  /// Begins to answer.
  public func start() {
    let chain = context.chain
    serve(RequestHead.self) { _ in Self.head(of: chain) }
    serve(RequestBlock.self) { request in
      // A block that macro sync brought has no body: we do not have what is asked for.
      let block = chain.servedBlock(request.hash, includeBody: request.includeBody)
      return BlockResponse(block: block?.hasBody == request.includeBody ? block : nil)
    }
    serve(RequestMissingBlocks.self) { Self.missingBlocks($0, of: chain) }
    serve(RequestMacroChain.self) { Self.macroChain($0, of: chain) }
    serve(RequestTrieDiff.self) { request in
      let isComplete = chain.stateComplete
      return switch chain.trieDiff(of: request.blockHash) {
      case .diff(let diff): .partialDiff(diff)
      case .unknownBlock: .unknownBlockHash
      case .unavailable: isComplete ? .unknownBlockHash : .incompleteState
      case .failed: nil
      }
    }
    serve(RequestChunk.self) { Self.chunk($0, of: chain) }
    serve(RequestTrieProof.self) { Self.trieProof($0, of: chain) }
    serve(RequestBlocksProof.self) { request in
      chain.historyProof(of: request.numbers).map { .proof($0) } ?? .unavailable
    }
  }

  private func serve<R: Request>(
    _ type: R.Type, _ answer: @escaping @Sendable (R) -> R.Response?
  ) {
    context.serve(type) { [context] request in
      let response = answer(request)
      if let failure = context.chain.takeServingFailure() {
        context.recorder.record(
          .node(.unreadable(reason: failure.reason, detail: failure.description)))
      }
      return response
    }
  }

  private static func head(of chain: Blockchain) -> HeadResponse {
    let view = chain.view
    return HeadResponse(
      number: view.headNumber, head: view.headHash, macro: view.macroHead.hash,
      election: view.electionHead.hash)
  }

  package static func missingBlocks(
    _ request: RequestMissingBlocks, of chain: Blockchain
  ) -> MissingBlocksResponse {
    let answer = chain.missingBlocks(
      target: request.target, locators: request.locators, direction: request.direction,
      includeBody: request.includeBody, limit: MessageLimits.blocksPerAnswerMax,
      bytesMax: min(request.bytesMax, MessageLimits.blocksAnswerBytesMax))
    switch answer {
    case .blocks(let blocks): return .blocks(blocks)
    case .refused(let refusal): return MissingBlocksResponse(refusal)
    }
  }

  package static func macroChain(
    _ request: RequestMacroChain, of chain: Blockchain
  ) -> MacroChainResponse {
    let answer = BoundedAnswer.largest(
      limit: min(request.limit, MessageLimits.macroBlocksPerAnswerMax),
      first: NodeLimits.servedMacroBlocksFirst,
      bytesMax: min(request.bytesMax, MessageLimits.macroAnswerBytesMax)
    ) { limit in
      chain.macroChain(locators: request.locators, limit: limit)
    } size: { macro in
      (macro.blocks.count, macro.blocks.reduce(0) { $0 + $1.wireBytes.count })
    }
    return answer.map { .chain($0) } ?? .locatorsUnknown
  }

  package static func trieProof(
    _ request: RequestTrieProof, of chain: Blockchain
  ) -> TrieProofResponse? {
    // Nothing is held of values that will not be sent.
    let fitting = chain.fittingCount(
      of: request.keys, bytesMax: MessageLimits.proofAnswerBytesMax)
    let answer = BoundedAnswer.largest(
      limit: max(fitting, min(1, request.keys.count)), first: NodeLimits.servedKeysFirst,
      bytesMax: MessageLimits.proofAnswerBytesMax
    ) { limit -> (keys: Int, lookup: ProofLookup) in
      let keys = request.keys.prefix(limit)
      return (keys.count, chain.proof(of: Array(keys)))
    } size: { answer in
      guard case .proof(let proof, _) = answer.lookup else { return (0, 0) }
      return (answer.keys, proof.wireBytes.count)
    }
    guard let (keys, lookup) = answer else { return nil }
    switch lookup {
    case .proof(let proof, let block):
      return .proof(number: block.number, hash: block.hash, keys: keys, proof)
    case .incomplete: return .incompleteState
    case .failed: return nil
    }
  }

  package static func chunk(_ request: RequestChunk, of chain: Blockchain) -> ChunkResponse? {
    let lookup = chain.chunk(
      from: request.startKey, to: request.endKey, limit: request.limit, edges: request.edges,
      bytesMax: min(request.bytesMax, MessageLimits.chunkAnswerBytesMax))
    switch lookup {
    case .chunk(let chunk, let block):
      return .chunk(number: block.number, hash: block.hash, chunk)
    case .incomplete: return .incompleteState
    case .refused, .failed: return nil
    }
  }
}

extension MissingBlocksResponse {
  fileprivate init(_ refusal: MissingBlocksRefusal) {
    switch refusal {
    case .targetUnknown: self = .targetUnknown
    case .targetNotOnMainChain: self = .targetOffMainChain
    case .unknownLocators: self = .locatorsUnknown
    case .tooManyLocators: self = .tooManyLocators
    case .failed: self = .failed
    }
  }
}
