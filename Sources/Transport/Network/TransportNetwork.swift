import Locking
import Networking
import Primitives
import Runtime

/// A network over links, such as sockets: encrypted connections to peers that show their keys, with
/// requests and gossip on them.
///
/// All its work is done on the runtime's thread. One lock guards its state; it is held while bytes
/// become messages and messages bytes, and never while a handler runs or a task is resumed.
public final class TransportNetwork: Network {
  public let local: PeerID
  let configuration: TransportConfiguration
  let runtime: any CallbackRuntime
  let links: any LinkMaker
  let staticKeys: AgreementKeyPair
  let observer: @Sendable (TransportEvent) -> Void
  let state: Lock<TransportState>

  /// - Parameters:
  ///   - links: makes connections; used by this network only.
  ///   - observer: told what happens, on the runtime's thread.
  public init(
    _ configuration: TransportConfiguration, runtime: any CallbackRuntime, links: any LinkMaker,
    observer: @escaping @Sendable (TransportEvent) -> Void = { _ in }
  ) {
    self.configuration = configuration
    self.runtime = runtime
    self.links = links
    self.observer = observer
    let own = NodeIdentity(key: configuration.identity.publicKey)
    local = PeerID(identity: own, number: configuration.numbers[own] ?? 0)
    staticKeys = AgreementKeyPair(secret: Self.secret(configuration))
    state = Lock(Self.state(configuration, runtime, local))
    let addresses = PeerAddressesRequest.type
    state.withLock { $0.types[addresses.rawValue] = addresses }
    serve(PeerAddressesRequest.self) { [weak self] peer, _ in
      self?.state.withLock { $0.toldAddresses(to: peer, at: runtime.now) }
    }
  }

  private static func state(
    _ configuration: TransportConfiguration, _ runtime: any CallbackRuntime, _ local: PeerID
  ) -> sending TransportState {
    let book: AddressBook
    if let saved = configuration.memory?.book {
      book = AddressBook(
        own: local.identity.key, saved: saved, takesPrivate: configuration.takesPrivateAddresses)
    } else {
      let secret = configuration.secret().withUnsafeBytes { Hash256(loading: $0) }
      book = AddressBook(
        own: local.identity.key, secret: secret, takesPrivate: configuration.takesPrivateAddresses)
    }
    let kept = configuration.peers.filter { $0.identity != local.identity.key }
    return TransportState(
      local: local, clock: configuration.clock,
      table: ConnectionTable(
        own: local.identity, reserved: Set(kept.map { NodeIdentity(key: $0.identity) }),
        limits: configuration.limits),
      directory: PeerDirectory(firstNumber: 1, known: configuration.numbers),
      plan: DialPlan(book: book, kept: kept, outboundMax: configuration.limits.outboundMax),
      bans: configuration.memory?.bans ?? BanList(),
      random: runtime.randomStream(RandomConsumer(.protocolJitter, index: jitterIndex(local))))
  }

  /// Nodes of one runtime must not draw the same: then all would come back at one moment.
  private static func jitterIndex(_ local: PeerID) -> UInt32 {
    UInt32(truncatingIfNeeded: local.identity.key.raw.words.0)
  }

  static func secret(_ configuration: TransportConfiguration) -> SecretKey {
    guard let secret = SecretKey(bytes: configuration.secret()) else {
      preconditionFailure("a secret does not have \(SecretKey.byteCount) bytes")
    }
    return secret
  }

  public func connectedPeers() -> [PeerID] { state.withLock { $0.peers.keys.sorted() } }

  public func peerEvents() -> AsyncStream<PeerEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: PeerEvent.self, bufferingPolicy: .bufferingOldest(NetworkingLimits.peerEventsMax))
    let isStopped = state.withLock { state in
      if !state.isStopped { state.peerSubscriptions.append(continuation) }
      return state.isStopped
    }
    if isStopped { continuation.finish() }
    return stream
  }

  public func disconnect(_ peer: PeerID, reason: String) {
    runtime.perform { [self] in
      change { state, now, effects in
        let number = state.peers[peer]
        let address = number.flatMap { state.connections[$0]?.address }
        state.bans.ban(peer.identity, from: address, at: state.unixTime)
        effects.events.append(.banned(peer.identity, reason))
        if let number { state.end(number, .local(.misbehaviour, reason), at: now, &effects) }
      }
    }
  }

  /// What is known of the connected peers, sorted.
  public func connections() -> [ConnectionStatus] {
    state.withLock { state in
      state.peers.sorted { $0.key < $1.key }.compactMap { peer, number in
        guard let connection = state.connections[number] else { return nil }
        let life = connection.link.life
        return ConnectionStatus(
          peer: peer, direction: connection.direction, address: connection.address,
          since: life.opened, bytesIn: life.bytesIn, bytesOut: life.bytesOut,
          outboundBytes: connection.link.outboundBytes, roundTrip: life.roundTrip)
      }
    }
  }

  /// What it has done since it began.
  public func totals() -> TransportTotals {
    state.withLock { state in
      var totals = state.totals
      for (_, connection) in state.connections.sorted(by: { $0.key < $1.key }) {
        totals.bytesIn += connection.link.life.bytesIn
        totals.bytesOut += connection.link.life.bytesOut
      }
      totals.bannedPeers = state.bans.count
      totals.knownAddresses = state.plan.book.count
      return totals
    }
  }

  /// What is worth remembering over a restart.
  public func memory() -> TransportMemory {
    state.withLock { TransportMemory(book: $0.plan.book.saved, bans: $0.bans) }
  }

  /// Changes the state and does what follows. On the runtime's thread only.
  func change(
    _ body: (inout TransportState, Moment, inout TransportEffects) -> Void
  ) {
    let now = runtime.now
    let (effects, mustFlush) = state.withLock { state in
      var effects = TransportEffects()
      body(&state, now, &effects)
      let mustFlush = !state.dirty.isEmpty && !state.isFlushScheduled
      if mustFlush { state.isFlushScheduled = true }
      return (effects, mustFlush)
    }
    if mustFlush { runtime.soon { self.flush() } }
    perform(effects)
  }

  private func perform(_ effects: TransportEffects) {
    for timer in effects.timers { runtime.cancel(timer) }
    for event in effects.events { observer(event) }
    for (link, last) in effects.finishes { link.finish(with: last) }
    for (continuation, answer) in effects.resumes { continuation.resume(returning: answer) }
    for reader in effects.losses { reader.noteLoss() }
    for (id, readers) in effects.withdrawals {
      for reader in readers where reader.withdraw(id) { reader.noteLoss() }
    }
    for (message, readers) in effects.offers { offer(message, to: readers) }
    for peer in effects.curious { askAddresses(peer) }
    serveNext()
  }

  /// Lets the links send what there is.
  private func flush() {
    let links = state.withLock { state in
      state.isFlushScheduled = false
      defer { state.dirty = [] }
      return state.dirty.compactMap { state.connections[$0]?.byteLink }
    }
    for link in links { link.flush() }
  }
}
