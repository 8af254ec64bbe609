import Ledger
import Locking
import Networking
import Node
import Peers
import Primitives
import Reconciliation
import Runtime
import StateTrie

/// Gives nodes that come back what they need to bring an old state to the present: parts of the
/// trie, coded symbols, and accounts after a block of our main chain.
///
/// Symbols are made once for each macro block that somebody asks for, on a worker; until then the
/// answer is that they are being made.
public final class StateHost: NodeService {
  private let context: SyncContext
  private let shelf = Lock<[(block: Hash256, sketch: StateSketch)]>([])
  private let orders = Mailbox<Hash256>(capacity: StateReconciliationLimits.shelfOrdersMax)
  private let ordered = Lock<Set<Hash256>>([])

  public init(context: SyncContext) {
    self.context = context.actor("state_host")
    start()
  }

  /// Makes symbols when they are asked for, until the task is cancelled.
  public func run() async {
    let worker = context.runtime.worker("sketch")
    for await block in orders {
      let chain = context.chain
      let sketch = await worker.run { Self.sketch(of: block, chain) }
      _ = ordered.withLock { $0.remove(block) }
      guard let sketch else { continue }
      shelf.withLock { shelf in
        shelf.append((block, sketch))
        if shelf.count > StateReconciliationLimits.shelvesMax { shelf.removeFirst() }
      }
    }
  }

  private static func sketch(of block: Hash256, _ chain: Blockchain) -> StateSketch? {
    let reading = try? chain.readState(after: block) { (state) throws(LedgerStoreError) in
      let length = min(
        max(state.itemCount / 2, StateReconciliationLimits.symbolsMin),
        StateReconciliationLimits.symbolsMax)
      return try StateSketch(state, salt: block, length: length)
    }
    guard case .read(let sketch) = reading else { return nil }
    return sketch
  }

  private func start() {
    context.serve(RequestSubtrees.self) { [chain = context.chain] in Self.subtrees($0, of: chain) }
    context.serve(RequestAccounts.self) { [chain = context.chain] in Self.accounts($0, of: chain) }
    context.serve(RequestSymbols.self) { [weak self] in self?.symbols($0) ?? .unavailable }
  }

  private func symbols(_ request: RequestSymbols) -> SymbolsResponse {
    if let sketch = shelf.withLock({ $0.last { $0.block == request.block }?.sketch }) {
      let symbols = sketch.prefix.symbols
      let start = min(Int(request.start), symbols.count)
      let count = min(
        Int(request.count), StateReconciliationLimits.symbolsPerRequestMax, symbols.count - start)
      return .symbols(
        StateSymbols(
          items: UInt32(clamping: sketch.prefix.itemCount),
          available: UInt32(clamping: symbols.count), start: UInt32(start),
          symbols: symbols[start..<start + count].map {
            CodedSymbol(sum: $0.sum, checksum: $0.checksum & 0xffff_ffff, count: $0.count)
          }))
    }
    guard isShelved(request.block) else { return .unavailable }
    let isNew = ordered.withLock { $0.insert(request.block).inserted }
    if isNew, !orders.offer(request.block) { _ = ordered.withLock { $0.remove(request.block) } }
    return .preparing
  }

  /// Whether symbols are made of this block's state: it is one of the last macro blocks.
  private func isShelved(_ hash: Hash256) -> Bool {
    let view = context.chain.view
    guard view.stateComplete, let block = view.block(hash, includeBody: false), block.kind.isMacro,
      view.isOnMainChain(hash)
    else { return false }
    let batch = UInt64(context.chain.configuration.blocksPerBatch)
    return UInt64(block.number)
      + batch * UInt64(StateReconciliationLimits.shelvedMacroBlocksMax) >= UInt64(view.macroNumber)
  }
}

/// Answers from one state.
extension StateHost {
  package static func subtrees(
    _ request: RequestSubtrees, of chain: Blockchain
  ) -> SubtreesResponse? {
    let reading = try? chain.readState(after: request.block) { (state) throws(LedgerStoreError) in
      var parts: [SubtreePart] = []
      var bytes = 0
      for query in request.queries {
        guard let part = try part(query, of: state) else { return SubtreesResponse.unavailable }
        bytes += part.wireBytes.count
        if !parts.isEmpty, bytes > StateReconciliationLimits.subtreesAnswerBytesMax { break }
        parts.append(part)
      }
      return .parts(parts)
    }
    guard case .read(let response) = reading else { return .unavailable }
    return response
  }

  /// The items below a path if they are wanted and few, else its node; nil if there is none.
  private static func part(
    _ query: RequestSubtrees.Query, of state: PastState
  ) throws(LedgerStoreError) -> SubtreePart? {
    if query.wantsItems, !query.key.isEmpty,
      let items = try items(
        in: KeyRange(subtree: query.key), of: state,
        limit: StateReconciliationLimits.subtreeItemsMax,
        bytesMax: StateReconciliationLimits.subtreesAnswerBytesMax)
    {
      return .items(items)
    }
    return try state.node(at: query.key).map { .node($0) }
  }

  /// The items of a range; nil if there are none, or more than the limits allow.
  private static func items(
    in range: KeyRange, of state: PastState, limit: Int, bytesMax: Int
  ) throws(LedgerStoreError) -> [TrieItem]? {
    var items: [TrieItem] = []
    var bytes = 0
    try state.forEachItem(in: range) { item in
      items.append(item)
      bytes += item.value.count + StateReconciliationLimits.itemBytes
      return items.count <= limit && bytes <= bytesMax
    }
    return items.isEmpty || items.count > limit || bytes > bytesMax ? nil : items
  }

  package static func accounts(
    _ request: RequestAccounts, of chain: Blockchain
  ) -> AccountsResponse? {
    let reading = try? chain.readState(after: request.block) { (state) throws(LedgerStoreError) in
      var parts: [AccountsPart] = []
      var bytes = 0
      for query in request.queries {
        var items: [TrieItem] = []
        try state.forEachItem(in: LeafNames.range(of: query.prefix)) { item in
          items.append(item)
          return items.count < StateReconciliationLimits.accountsPerPrefixMax
        }
        let isOne = query.isKeyKnown && items.count == 1
        let part: AccountsPart = isOne ? .value(items[0].value) : .items(items)
        bytes += part.wireBytes.count
        if !parts.isEmpty, bytes > StateReconciliationLimits.accountsAnswerBytesMax { break }
        parts.append(part)
      }
      return AccountsResponse.parts(parts)
    }
    guard case .read(let response) = reading else { return .unavailable }
    return response
  }
}
