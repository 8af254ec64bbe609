import EventLog
import Ledger
import LiveSync
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie

/// Brings the state of a node that comes back to the network's, for the cost of what has changed.
///
/// It asks one peer for some coded symbols, which show how much differs, weighs all ways, and takes
/// the fastest. What it brings is stored in one change with the jump to the new head, after its
/// root was found right; if a way leads nowhere, the next one is taken.
public final class StateReturn: StateCarrier {
  let context: SyncContext
  let ways: Set<ReturnWay>
  /// Hashes and counts what we hold, beside the chain's own work.
  let worker: any Worker
  /// Held by whoever brings the state.
  private let isBusy = Lock(false)
  /// Peers whose symbols were wrong, until the state was carried.
  let doubted = Lock(DoubtedPeers())
  let outlineBytesMax: Int

  /// Where to.
  struct Target: Sendable {
    var chain: VerifiedMacroChain
    var block: Block
    /// The block whose state we hold.
    var own: Hash256
    /// Accounts that we hold.
    var items: Int
    /// What of the state we do not hold.
    var missing: KeyRangeSet
    /// Who may have the block's state, the first one for certain.
    var hosts: [PeerID]

    var root: Hash256 { block.header.stateRoot }
    /// Accounts of the whole state, by the share of the keys that we hold.
    var wholeItems: Int {
      let held = max(1, missing.absentPartsPerMillion)
      return missing.isEmpty ? items : items * 1_000_000 / held
    }
  }

  /// - Parameters:
  ///   - ways: those that may be taken; without `chunks` that is taken if no other is left.
  ///   - outlineBytesMax: room for what a descent fetches, in bytes.
  public init(
    context: SyncContext, ways: Set<ReturnWay> = Set(ReturnWay.allCases),
    outlineBytesMax: Int = StateReconciliationLimits.outlineBytesMax
  ) {
    self.context = context.actor("state_return")
    self.ways = ways
    self.outlineBytesMax = outlineBytesMax
    worker = context.runtime.worker("state_return")
  }

  /// Has nothing to do by itself.
  public func run() async {}

  public func carry(
    _ facts: CatchUpFacts, to chain: VerifiedMacroChain, with peer: PeerID
  ) async -> CarryOutcome {
    guard let last = chain.blocks.last, await begin() else { return .blocks }
    defer { isBusy.withLock { $0 = false } }
    let own = context.chain.view
    // Somebody else's macro sync may have brought it meanwhile.
    guard own.headNumber < last.number else { return .blocks }
    var facts = facts
    facts.bytesPerSecond = context.network.pace.bytesPerSecond ?? facts.bytesPerSecond
    let plan = CatchUpPlan(facts)
    guard own.stateComplete || !own.missing.isEmpty, own.itemCount > 0 else {
      return plan.way == .blocks ? .blocks : .chunks
    }
    let others = context.network.connectedPeers().filter { $0 != peer }
    let target = Target(
      chain: chain, block: last, own: own.headHash, items: own.itemCount, missing: own.missing,
      hosts: [peer] + others)
    let isKept = facts.blocks <= facts.blocksKept
    return await take(target, facts, blocks: isKept ? plan.blocksTime : nil)
  }

  /// Waits until nobody else brings the state; false if the task was cancelled.
  private func begin() async -> Bool {
    while !Task.isCancelled {
      let isFree = isBusy.withLock { isBusy in
        defer { isBusy = true }
        return !isBusy
      }
      if isFree { return true }
      try? await context.runtime.sleep(for: StateReconciliationLimits.lookInterval)
    }
    return false
  }

  /// Takes the ways one after another, the fastest first.
  private func take(
    _ target: Target, _ facts: CatchUpFacts, blocks: Duration?
  ) async -> CarryOutcome {
    // Symbols are of whole states.
    let mayHaveSketch = ways.contains(.sketch) && target.missing.isEmpty
    var tries = SketchTries()
    var sketch = mayHaveSketch ? await openSketch(target, &tries) : nil
    let (measured, basis) = await measured(sketch, target, facts)
    let cost = ReturnCost(measured, blocks: blocks)
    // What is not to be taken if another way leads there comes last.
    let order = cost.order.filter(ways.contains) + (ways.contains(.chunks) ? [] : [.chunks])
    record(cost, order.first ?? .chunks, target, measured, basis)
    for way in order {
      if Task.isCancelled { return .blocks }
      switch way {
      case .blocks: return .blocks
      case .chunks: return .chunks
      case .descent:
        if await descend(to: target) { return .carried }
      case .sketch:
        while let opened = sketch {
          guard let failure = await finish(opened, target) else { return .carried }
          sketch = failure.isEverybodys ? nil : await openSketch(target, &tries)
        }
      }
    }
    return .chunks
  }

  /// What is known, and by what it is known how much differs.
  private func measured(
    _ sketch: SketchSession?, _ target: Target, _ facts: CatchUpFacts
  ) async -> (ReturnFacts, basis: String) {
    let items = Double(max(1, target.items))
    var measured = ReturnFacts(
      items: target.items, bytesPerItem: facts.bytesPerItem, differences: 0, symbols: 0,
      bytesPerSecond: facts.bytesPerSecond, roundTrip: facts.roundTrip)
    if let sketch {
      measured.bytesPerItem = Double(sketch.own.itemBytes) / items
      measured.differences = sketch.core.differences
      measured.symbols = sketch.core.available
      return (measured, "symbols")
    }
    if ways.contains(.descent), let differences = await sample(target) {
      // Of what is not held nothing is brought to the present.
      measured.differences = differences * items / Double(max(1, target.wholeItems))
      return (measured, "nodes")
    }
    // Each changed account stands in the diffs once, with both of its values.
    let changes = Double(facts.blocks) * facts.bytesPerBlock / (2 * facts.bytesPerItem)
    measured.differences = 2 * min(items, changes)
    return (measured, "blocks")
  }

  private func record(
    _ cost: ReturnCost, _ way: ReturnWay, _ target: Target, _ facts: ReturnFacts, _ basis: String
  ) {
    let prices = ReturnWay.allCases.compactMap { way in
      cost.prices[way].map {
        "\(way.rawValue) \(Int64(min($0.bytes, 9e18))) bytes in "
          + "\(Int64(min($0.seconds * 1_000, 9e18))) ms"
      }
    }
    context.recorder.record(
      .returning(
        .chosen(
          block: target.block.number, way: way.rawValue, items: target.items,
          differences: Int(min(facts.differences, 9e15)),
          detail: "estimated by \(basis): " + prices.joined(separator: ", "))))
  }

  // MARK: What ways have in common

  /// Reads the state that we hold, or that after another block of our chain. Nil if it is not there
  /// any more, or if the store cannot be read, which is told.
  func read<Output: Sendable>(
    _ target: Target, after block: Hash256? = nil,
    _ body: @Sendable (PastState) throws(LedgerStoreError) -> Output
  ) async -> Output? {
    await worker.run { [context] in
      do throws(LedgerStoreError) {
        let reading = try context.chain.readState(
          after: block ?? target.own, partly: !target.missing.isEmpty, body)
        guard case .read(let output) = reading else { return nil }
        return output
      } catch {
        context.recorder.record(
          .returning(
            .unreadable(
              block: target.block.number, reason: error.reason, detail: error.description)))
        return nil
      }
    }
  }

  /// What the peer answers; nil if it does not.
  func ask<R: Request>(
    _ request: R, _ peer: PeerID, expecting bytes: Int
  ) async -> HeldAnswer<R.Response>? {
    do throws(RequestError) {
      return try await context.network.ask(request, to: peer, expecting: bytes)
    } catch {
      if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
      return nil
    }
  }

  /// Jumps, with the state carried along; nil if that is done.
  func adopt(
    _ carried: CarriedState, _ way: ReturnWay, _ target: Target, bytes: Int
  ) async -> PushError? {
    let result = await context.writer.run { [chain = context.chain] in
      Result { () throws(PushError) in try chain.adopt(target.chain, carrying: carried) }
    }
    if case .failure(let error) = result { return error }
    doubted.withLock { $0 = DoubtedPeers() }
    let own = context.chain.view
    context.recorder.record(
      .returning(
        .carried(
          block: target.block.number, hash: target.block.hash, way: way.rawValue,
          items: own.itemCount, missingRanges: own.missing.ranges.count, bytes: bytes)))
    return nil
  }

  func fail(_ way: ReturnWay, _ target: Target, _ reason: String) {
    context.recorder.record(
      .returning(.failed(block: target.block.number, way: way.rawValue, reason: reason)))
  }
}
