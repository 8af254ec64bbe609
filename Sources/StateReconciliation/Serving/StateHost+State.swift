import EventLog
import Ledger
import Node
import Peers
import Primitives
import StateTrie

/// Answers from one state.
extension StateHost {
  package static func subtrees(
    _ request: RequestSubtrees, of chain: Blockchain, _ recorder: EventRecorder = .none
  ) -> SubtreesResponse? {
    let response = chain.readServed(request.block, recorder) {
      (state) throws(LedgerStoreError) in
      var parts: [SubtreePart] = []
      // Of what is read, whether it is given or not.
      var bytes = 0
      for query in request.queries {
        guard let part = try part(query, of: state, &bytes) else {
          return SubtreesResponse.unavailable
        }
        bytes += part.wireBytes.count
        if !parts.isEmpty, bytes > StateReconciliationLimits.subtreesAnswerBytesMax { break }
        parts.append(part)
      }
      return .parts(parts)
    }
    return response ?? .unavailable
  }

  /// The items below a path if they are wanted and few, else its node; nil if there is none.
  /// - Parameter vain: grows by the bytes of items that were read and are not given.
  private static func part(
    _ query: RequestSubtrees.Query, of state: PastState, _ vain: inout Int
  ) throws(LedgerStoreError) -> SubtreePart? {
    if query.wantsItems, !query.key.isEmpty {
      var (items, bytes): ([TrieItem], Int) = ([], 0)
      var isFew = true
      try state.forEachItem(in: KeyRange(subtree: query.key)) { item in
        items.append(item)
        bytes += item.value.count + StateReconciliationLimits.itemBytes
        isFew =
          items.count <= StateReconciliationLimits.subtreeItemsMax
          && bytes <= StateReconciliationLimits.subtreesAnswerBytesMax
        return isFew
      }
      if isFew, !items.isEmpty { return .items(items) }
      vain += bytes
    }
    return try state.node(at: query.key).map { .node($0) }
  }

  package static func accounts(
    _ request: RequestAccounts, of chain: Blockchain, _ recorder: EventRecorder = .none
  ) -> AccountsResponse? {
    let response = chain.readServed(request.block, recorder) {
      (state) throws(LedgerStoreError) in
      var parts: [AccountsPart] = []
      var bytes = 0
      for query in request.queries {
        let items = try state.accounts(of: query.prefix)
        let isOne = query.isKeyKnown && items.count == 1
        let part: AccountsPart = isOne ? .value(items[0].value) : .items(items)
        bytes += part.wireBytes.count
        if !parts.isEmpty, bytes > StateReconciliationLimits.accountsAnswerBytesMax { break }
        parts.append(part)
      }
      return AccountsResponse.parts(parts)
    }
    return response ?? .unavailable
  }
}

extension Blockchain {
  /// Whether a block is at most so many batches older than the last macro block.
  func isRecent(_ number: UInt32, batches: Int) -> Bool {
    let batch = UInt64(configuration.blocksPerBatch)
    return UInt64(number) + batch * UInt64(batches) >= UInt64(macroNumber)
  }

  /// Reads the state after a block for somebody else. Nil if it is not here or the block is too
  /// old: each request has what changed since taken back anew. If the store cannot be read, that is
  /// told, too.
  func readServed<Output: Sendable>(
    _ hash: Hash256, _ recorder: EventRecorder,
    _ body: @Sendable (PastState) throws(LedgerStoreError) -> Output
  ) -> Output? {
    func tell(_ failure: LedgerStoreError) {
      recorder.record(.node(.unreadable(reason: failure.reason, detail: failure.description)))
    }
    guard let block = block(hash, includeBody: false) else {
      if let failure = takeServingFailure() { tell(failure) }
      return nil
    }
    guard isRecent(block.number, batches: StateReconciliationLimits.servedBatchesMax) else {
      return nil
    }
    do throws(LedgerStoreError) {
      guard case .read(let output) = try readState(after: hash, body) else { return nil }
      return output
    } catch {
      tell(error)
      return nil
    }
  }
}
