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

/// What a peer says to a request for symbols.
private enum SymbolsAnswer {
  /// Symbols, and the room that they take.
  case given(StateSymbols, AnswerClaim)
  /// At once, that it has none.
  case unavailable
  /// Nothing, or that it makes them, for as long as it was asked.
  case missing
}

/// By coded symbols. Nothing of it is believed before the root is right, so a peer that gives wrong
/// ones is not asked again, and that is all.
extension StateReturn {
  /// The first symbols of a peer that has not misled us; nil if there is none.
  func openSketch(_ target: Target, _ tries: inout SketchTries) async -> SketchSession? {
    for peer in target.hosts where !tries.asked.contains(peer) {
      guard tries.costly < StateReconciliationLimits.sketchPeersMax, !Task.isCancelled else {
        return nil
      }
      let isDoubted = doubted.withLock { $0.contains(peer) }
      if isDoubted || context.peers.isBanned(peer) { continue }
      tries.asked.insert(peer)
      let answer = await symbols(
        of: peer, from: 0, StateReconciliationLimits.symbolsFirst, target)
      if case .unavailable = answer { continue }
      tries.costly += 1
      guard case .given(let symbols, let claim) = answer else { continue }
      defer { withExtendedLifetime(claim) {} }
      do throws(SketchFailure) { return try await open(symbols, of: peer, target) } catch {
        fail(error, of: peer, target)
        if error.isEverybodys { return nil }
      }
    }
    return nil
  }

  /// Our symbols beside the first ones of a peer. Whether these are what was asked for is looked at
  /// first: ours take a pass over the whole state.
  private func open(
    _ symbols: StateSymbols, of peer: PeerID, _ target: Target
  ) async throws(SketchFailure) -> SketchSession {
    let count = StateReconciliationLimits.symbolsFirst
    guard SketchCore().fitness(of: symbols, asked: count) == .next else { throw .symbolsWrong }
    let names = LeafNames(salt: symbols.salt)
    let own = await read(target) { (state) throws(LedgerStoreError) in
      try StateSketch(state, names: names, length: count)
    }
    guard let own else { throw .ownStateChanged }
    var session = SketchSession(peer: peer, own: own)
    try await take(symbols, of: count, in: &session, target)
    return session
  }

  /// Fetches the rest of the symbols and the accounts they name, and jumps with them; nil if that
  /// is done.
  func finish(_ opened: SketchSession, _ target: Target) async -> SketchFailure? {
    do throws(SketchFailure) {
      try await bring(opened, target)
      return nil
    } catch {
      fail(error, of: opened.peer, target)
      return error
    }
  }

  private func bring(_ opened: SketchSession, _ target: Target) async throws(SketchFailure) {
    var session = opened
    var rounds = 0
    while !session.core.isComplete {
      rounds += 1
      guard rounds <= StateReconciliationLimits.symbolRoundsMax else { throw .symbolsWrong }
      try await advance(&session, target)
    }
    let names: (needed: [ShortID], stale: [ShortID])
    do throws(ReconciliationError) { names = try session.core.names() } catch {
      throw .symbolsWrong
    }
    let (sketch, wanted) = (session.own, Set(names.stale))
    let stale = await read(target) { (state) throws(LedgerStoreError) in
      try sketch.keys(of: wanted, in: state)
    }
    guard let stale else { throw .ownStateChanged }
    let plan = AccountPlan(sketch.names, needed: names.needed, stale: stale)
    let accounts = AccountSession(plan, bytesPerItem: sketch.itemBytes / max(1, target.items))
    switch await fetch(accounts, target) {
    case .complete: break
    case .differing: throw .accountsDiffer
    case .crowded: throw .accountsCrowded
    case .unanswered: throw .accountsUnanswered
    }
    session.bytes += accounts.bytes.withLock { $0 }
    let changes = accounts.plan.withLock { $0.changes }
    if let error = await adopt(.changes(changes), .sketch, target, bytes: session.bytes) {
      // On another state of ours the right changes lead to a wrong root.
      guard context.chain.headHash == target.own else { throw .ownStateChanged }
      throw .notAdopted(error)
    }
    await banLiars(accounts, target)
  }

  private func fail(_ failure: SketchFailure, of peer: PeerID, _ target: Target) {
    if failure.isPeers { doubted.withLock { $0.insert(peer) } }
    fail(.sketch, target, failure.reason)
  }

  /// Fetches the next symbols.
  private func advance(
    _ session: inout SketchSession, _ target: Target
  ) async throws(SketchFailure) {
    guard let count = session.core.next else { throw .symbolsTooFew }
    let answer = await symbols(of: session.peer, from: session.core.taken, count, target)
    guard case .given(let symbols, let claim) = answer else { throw .symbolsMissing }
    defer { withExtendedLifetime(claim) {} }
    try await take(symbols, of: count, in: &session, target)
  }

  /// Takes `count` symbols in.
  private func take(
    _ symbols: StateSymbols, of count: Int, in session: inout SketchSession, _ target: Target
  ) async throws(SketchFailure) {
    guard symbols.salt == session.own.names.salt else { throw .symbolsAnew }
    switch session.core.fitness(of: symbols, asked: count) {
    case .next: break
    case .anew: throw .symbolsAnew
    case .wrong: throw .symbolsWrong
    }
    session.bytes += symbols.wireBytes.count
    let end = session.core.taken + symbols.symbols.count
    if end > session.own.prefix.length {
      // Twice as many at least, so that there are few passes over the state.
      let length = max(end, min(2 * session.own.prefix.length, Int(symbols.available)))
      let sketch = session.own
      let own = await read(target) { (state) throws(LedgerStoreError) in
        var sketch = sketch
        try sketch.extend(to: length, of: state)
        return sketch
      }
      guard let own else { throw .ownStateChanged }
      session.own = own
    }
    let local = session.own.prefix.symbols[session.core.taken..<end]
    do throws(ReconciliationError) { try session.core.take(symbols, local: local) } catch {
      throw .symbolsWrong
    }
  }

  /// The peer's answer, once it has made its symbols.
  private func symbols(
    of peer: PeerID, from start: Int, _ count: Int, _ target: Target
  ) async -> SymbolsAnswer {
    let request = RequestSymbols(
      block: target.block.hash, start: UInt32(start), count: UInt32(count))
    for _ in 0..<StateReconciliationLimits.preparingMax {
      let bytes = count * StateReconciliationLimits.symbolBytesMax
      guard let answer = await ask(request, peer, expecting: bytes) else { return .missing }
      switch answer.response {
      case .symbols(let symbols): return .given(symbols, answer.claim)
      case .unavailable: return .unavailable
      case .preparing:
        try? await context.runtime.sleep(for: StateReconciliationLimits.lookInterval)
        if Task.isCancelled { return .missing }
      }
    }
    return .missing
  }
}
