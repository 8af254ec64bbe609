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
  /// The symbols of the state that we hold, with the peer's names.
  var own: StateSketch
  /// Bytes of answers so far.
  var bytes = 0
}

/// By coded symbols. Nothing of it is believed before the root is right, so a peer that gives wrong
/// ones is not asked again, and that is all.
extension StateReturn {
  /// The first symbols of a peer that has not misled us; nil if there is none.
  func openSketch(_ target: Target) async -> SketchSession? {
    for peer in target.hosts {
      let doubted = doubted.withLock { $0 }
      guard doubted.count < StateReconciliationLimits.sketchPeersMax else { return nil }
      if doubted.contains(peer) { continue }
      if let session = await openSketch(target, with: peer) { return session }
    }
    return nil
  }

  private func openSketch(_ target: Target, with peer: PeerID) async -> SketchSession? {
    let count = StateReconciliationLimits.symbolsFirst
    guard let (symbols, claim) = await symbols(of: peer, from: 0, count, target) else { return nil }
    defer { withExtendedLifetime(claim) {} }
    let names = LeafNames(salt: symbols.salt)
    let own = await read(target) { (state) throws(LedgerStoreError) in
      try StateSketch(state, names: names, length: count)
    }
    guard let own else { return nil }
    var session = SketchSession(peer: peer, own: own)
    return await take(symbols, of: count, in: &session, target) ? session : nil
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
    let plan = AccountPlan(sketch.names, needed: names.needed, stale: stale)
    let accounts = AccountSession(plan, bytesPerItem: sketch.itemBytes / max(1, target.items))
    switch await fetch(accounts, target) {
    case .complete: break
    case .differing: return doubt(session, target, "accounts_differ")
    case .crowded: return doubt(session, target, "accounts_crowded")
    case .unanswered: return doubt(session, target, "accounts_unanswered")
    }
    session.bytes += accounts.bytes.withLock { $0 }
    let changes = accounts.plan.withLock { $0.changes }
    let isDone = await adopt(.changes(changes), .sketch, target, bytes: session.bytes)
    guard isDone else {
      _ = doubted.withLock { $0.insert(session.peer) }
      return false
    }
    await banLiars(accounts, target)
    return true
  }

  private func doubt(_ session: SketchSession, _ target: Target, _ reason: String) -> Bool {
    _ = doubted.withLock { $0.insert(session.peer) }
    fail(.sketch, target, reason)
    return false
  }

  /// Fetches the next symbols; false if there are none, or they are not true.
  private func advance(_ session: inout SketchSession, _ target: Target) async -> Bool {
    guard let count = session.core.next,
      let (symbols, claim) = await symbols(
        of: session.peer, from: session.core.taken, count, target)
    else { return false }
    defer { withExtendedLifetime(claim) {} }
    return await take(symbols, of: count, in: &session, target)
  }

  /// Takes at most `count` symbols in; false if they are not what was asked for, or not true.
  private func take(
    _ symbols: StateSymbols, of count: Int, in session: inout SketchSession, _ target: Target
  ) async -> Bool {
    guard !symbols.symbols.isEmpty, symbols.symbols.count <= count,
      Int(symbols.start) == session.core.taken, symbols.salt == session.own.names.salt
    else { return false }
    session.bytes += symbols.wireBytes.count
    let end = session.core.taken + symbols.symbols.count
    if end > session.own.prefix.length {
      let sketch = session.own
      let own = await read(target) { (state) throws(LedgerStoreError) in
        var sketch = sketch
        try sketch.extend(to: end, of: state)
        return sketch
      }
      guard let own else { return false }
      session.own = own
    }
    let local = session.own.prefix.symbols[session.core.taken..<end]
    do throws(ReconciliationError) { try session.core.take(symbols, local: local) } catch {
      return false
    }
    return true
  }

  /// The peer's answer, once it has made its symbols, and the room that it takes.
  private func symbols(
    of peer: PeerID, from start: Int, _ count: Int, _ target: Target
  ) async -> (StateSymbols, AnswerClaim)? {
    let request = RequestSymbols(
      block: target.block.hash, start: UInt32(start), count: UInt32(count))
    for _ in 0..<StateReconciliationLimits.preparingMax {
      let bytes = count * StateReconciliationLimits.symbolBytesMax
      guard let answer = await ask(request, peer, expecting: bytes) else { return nil }
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
