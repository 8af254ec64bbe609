import Ledger
import LiveSync
import Networking
import Peers
import Primitives
import Reconciliation
import StateTrie

/// A sketch that is being fetched from one peer.
struct SketchSession: Sendable {
  let peer: PeerID
  var core = SketchCore()
  /// The symbols of the state that we hold.
  var own: StateSketch
  /// Bytes of answers so far.
  var bytes = 0
}

/// By coded symbols. Nothing of it is believed before the root is right, so a peer that gives wrong
/// ones is not asked again, and that is all.
extension StateReturn {
  /// The first symbols of a peer that has not misled us; nil if there is none.
  func openSketch(_ target: Target) async -> SketchSession? {
    let doubted = doubted.withLock { $0 }
    guard doubted.count < StateReconciliationLimits.sketchPeersMax,
      let own = await read(
        target,
        { (state) throws(LedgerStoreError) in
          try StateSketch(
            state, salt: target.block.hash, length: StateReconciliationLimits.symbolsFirst)
        })
    else { return nil }
    for peer in target.hosts where !doubted.contains(peer) {
      var session = SketchSession(peer: peer, own: own)
      if await advance(&session, target) { return session }
    }
    return nil
  }

  /// Fetches the rest of the symbols and the accounts they name, and jumps with them.
  func finish(_ opened: SketchSession, _ target: Target) async -> Bool {
    var session = opened
    var rounds = 0
    while !session.core.isComplete {
      rounds += 1
      guard rounds <= StateReconciliationLimits.symbolRoundsMax,
        await advance(&session, target)
      else { return doubt(session, target, "symbols_lead_nowhere") }
    }
    guard let names = try? session.core.names() else {
      return doubt(session, target, "symbols_lead_nowhere")
    }
    let (sketch, wanted) = (session.own, Set(names.stale))
    let stale = await read(target) { (state) throws(LedgerStoreError) in
      try sketch.keys(of: wanted, in: state)
    }
    guard let stale else { return doubt(session, target, "own_state_changed") }
    var plan = AccountPlan(sketch.names, needed: names.needed, stale: stale)
    while !plan.isIdle {
      let queries = plan.next()
      let request = RequestAccounts(block: target.block.hash, queries: queries)
      guard
        let answer = await ask(
          request, session.peer, expecting: StateReconciliationLimits.accountsAnswerBytesMax),
        case .parts(let parts) = answer.response, plan.take(parts, of: queries)
      else { return doubt(session, target, "accounts_differ") }
      session.bytes += answer.response.wireBytes.count
    }
    let isDone = await adopt(.changes(plan.changes), .sketch, target, bytes: session.bytes)
    if !isDone { _ = doubted.withLock { $0.insert(session.peer) } }
    return isDone
  }

  private func doubt(_ session: SketchSession, _ target: Target, _ reason: String) -> Bool {
    _ = doubted.withLock { $0.insert(session.peer) }
    fail(.sketch, target, reason)
    return false
  }

  /// Fetches the next symbols; false if there are none, or they are not true.
  private func advance(_ session: inout SketchSession, _ target: Target) async -> Bool {
    guard let count = session.core.next,
      let (symbols, claim) = await symbols(session, count, target), !symbols.symbols.isEmpty,
      symbols.symbols.count <= count, Int(symbols.start) == session.core.taken
    else { return false }
    defer { withExtendedLifetime(claim) {} }
    session.bytes += symbols.wireBytes.count
    let end = session.core.taken + symbols.symbols.count
    let sketch = session.own
    let own = await read(target) { (state) throws(LedgerStoreError) in
      var sketch = sketch
      try sketch.extend(to: end, of: state)
      return sketch
    }
    guard let own else { return false }
    session.own = own
    let local = own.prefix.symbols[session.core.taken..<end]
    do throws(ReconciliationError) { try session.core.take(symbols, local: local) } catch {
      return false
    }
    return true
  }

  /// The peer's answer, once it has made its symbols, and the room that it takes.
  private func symbols(
    _ session: SketchSession, _ count: Int, _ target: Target
  ) async -> (StateSymbols, AnswerClaim)? {
    let request = RequestSymbols(
      block: target.block.hash, start: UInt32(session.core.taken), count: UInt32(count))
    for _ in 0..<StateReconciliationLimits.preparingMax {
      let bytes = count * StateReconciliationLimits.symbolBytesMax
      guard let answer = await ask(request, session.peer, expecting: bytes) else { return nil }
      switch answer.response {
      case .symbols(let symbols): return (symbols, answer.claim)
      case .unavailable: return nil
      case .preparing:
        try? await context.runtime.sleep(for: StateReconciliationLimits.lookInterval)
        if Task.isCancelled { return nil }
      }
    }
    return nil
  }
}
