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
/// Symbols are made on a worker when somebody asks for the first; until then the answer is that
/// they are being made. From then on each block brings them forward.
public final class StateHost: NodeService {
  private let context: SyncContext
  private let book = Lock<SymbolBook?>(nil)
  /// Macro blocks from which on symbols are to be made.
  private let orders = Mailbox<Hash256>(capacity: StateReconciliationLimits.bookOrdersMax)
  private let ordered = Lock<Set<Hash256>>([])
  private let worker: any Worker

  public init(context: SyncContext) {
    self.context = context.actor("state_host")
    worker = context.runtime.worker("sketch")
    start()
  }

  /// Makes symbols when they are asked for and keeps them current, until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.makeBooks() }
      group.addTask { await self.followChain() }
    }
  }

  private func makeBooks() async {
    for await block in orders {
      await worker.run { self.makeBook(at: block) }
      _ = ordered.withLock { $0.remove(block) }
    }
  }

  private func followChain() async {
    while !Task.isCancelled {
      // A stream that ended has lost events, but where the chain is now is all that counts.
      for await event in context.chain.events() {
        if case .stored = event { continue }
        guard book.withLock({ $0 != nil }) else { continue }
        await worker.run { self.follow() }
      }
    }
  }

  private func makeBook(at hash: Hash256) {
    follow()
    // Whoever has symbols of later blocks makes no others for an earlier one.
    guard let block = context.chain.block(hash, includeBody: false),
      book.withLock({ ($0?.head.number ?? 0) < block.number || $0 == nil })
    else { return }
    let names = LeafNames(of: context.network.local.identity.key.raw, at: context.chain.headHash)
    let sketch = context.chain.readServed(hash, context.recorder) {
      (state) throws(LedgerStoreError) in
      try StateSketch(state, names: names, length: SymbolBook.length(for: state.itemCount))
    }
    guard let sketch else { return }
    let made = SymbolBook(
      sketch.prefix, names, at: block.id, isMacro: block.kind.isMacro)
    book.withLock { $0 = made }
    follow()
  }

  /// Brings the symbols to the head, block by block: back to the main chain, then forward. If that
  /// cannot be, or many more should be kept, they are made anew for whoever asks next.
  private func follow() {
    let view = context.chain.view
    while let head = book.withLock({ $0?.head }), !view.isOnMainChain(head.hash) {
      book.withLock { if $0?.revert() != true { $0 = nil } }
    }
    while let head = book.withLock({ $0?.head }), head.number < view.headNumber {
      let next = view.block(at: head.number + 1, includeBody: false)
      guard view.stateComplete, let next, next.parentHash == head.hash,
        case .diff(let diff) = context.chain.trieDiff(of: next.hash)
      else { return book.withLock { $0 = nil } }
      book.withLock { book in
        book?.extend(to: next.id, isMacro: next.kind.isMacro, by: diff)
        if next.kind.isMacro, book?.isShort == true { book = nil }
      }
    }
  }

  private func start() {
    context.serve(RequestSubtrees.self) { [context] in
      Self.subtrees($0, of: context.chain, context.recorder)
    }
    context.serve(RequestAccounts.self) { [context] in
      Self.accounts($0, of: context.chain, context.recorder)
    }
    context.serve(RequestSymbols.self) { [weak self] in self?.symbols($0) ?? .unavailable }
  }

  private func symbols(_ request: RequestSymbols) -> SymbolsResponse {
    let found = book.withLock { book -> StateSymbols? in
      guard let book, let prefix = book.prefix(after: request.block) else { return nil }
      let start = min(Int(request.start), prefix.length)
      let count = min(
        Int(request.count), StateReconciliationLimits.symbolsPerRequestMax, prefix.length - start)
      return StateSymbols(
        salt: book.names.salt, items: UInt32(clamping: prefix.itemCount),
        available: UInt32(clamping: prefix.length), start: UInt32(start),
        symbols: prefix.symbols[start..<start + count].map {
          CodedSymbol(sum: $0.sum, checksum: $0.checksum & 0xffff_ffff, count: $0.count)
        })
    }
    if let found { return .symbols(found) }
    guard isMade(request.block) else { return .unavailable }
    let isNew = ordered.withLock { $0.insert(request.block).inserted }
    if isNew, !orders.offer(request.block) { _ = ordered.withLock { $0.remove(request.block) } }
    return .preparing
  }

  /// Whether symbols are made from this block's state on: it is one of the last macro blocks, and
  /// not an older one than those that there are symbols of.
  private func isMade(_ hash: Hash256) -> Bool {
    let view = context.chain.view
    guard view.stateComplete, let block = view.block(hash, includeBody: false), block.kind.isMacro,
      view.isOnMainChain(hash), book.withLock({ ($0?.head.number ?? 0) <= block.number })
    else { return false }
    return context.chain.isRecent(
      block.number, batches: StateReconciliationLimits.madeMacroBlocksMax)
  }
}
