import Networking
import Primitives
import Runtime

extension TransportNetwork {
  /// Takes connections where the configuration says, and dials the peers that it names.
  /// - Returns: where connections are taken.
  /// - Throws: what the operating system refuses; then nothing is taken anywhere.
  public func start() async throws(LinkFailure) -> [SocketAddress] {
    let result = await withUnsafeContinuation { continuation in
      runtime.perform { continuation.resume(returning: self.startHere()) }
    }
    return try result.get()
  }

  /// Says goodbye to all peers and lets everything go: requests fail as disconnected, streams and
  /// subscriptions end.
  public func stop() async {
    await withUnsafeContinuation { continuation in
      runtime.perform {
        self.stopHere()
        continuation.resume()
      }
    }
  }

  /// `stop()`, on the runtime's thread.
  package func stopHere() {
    links.close()
    change { state, now, effects in
      state.isStopped = true
      for number in state.connections.keys.sorted() {
        state.end(number, .local(.shutdown, "the node stops"), at: now, &effects)
      }
      for stream in state.peerSubscriptions { stream.finish() }
      for subscription in state.allSubscriptions { subscription.finish() }
      (state.peerSubscriptions, state.subscriptions, state.servers) = ([], [:], [:])
    }
  }

  /// `start()`, on the runtime's thread.
  package func startHere() -> Result<[SocketAddress], LinkFailure> {
    var bound: [SocketAddress] = []
    for address in configuration.listen {
      do throws(LinkFailure) {
        let taken = try links.listen(at: address) { result, from in
          switch result {
          case .success(let link): self.accept(link, from)
          case .failure(let failure): self.observer(.refused(from, "\(failure)"))
          }
        }
        bound.append(taken)
      } catch {
        links.close()
        return .failure(error)
      }
    }
    let port = bound.first?.port ?? 0
    state.withLock { $0.port = port }
    for address in bound { observer(.listening(address)) }
    tick()
    return .success(bound)
  }

  private func accept(_ byteLink: any ByteLink, _ address: SocketAddress) {
    change { state, now, effects in
      guard !state.isStopped, !state.bans.contains(address, at: state.unixTime) else {
        effects.events.append(.refused(address, "banned"))
        effects.finishes.append((byteLink, []))
        return
      }
      let number = state.nextNumber()
      switch state.table.arrived(number, from: address) {
      case .refused(let rule):
        state.totals.failedConnections += 1
        effects.events.append(.refused(address, rule))
        effects.finishes.append((byteLink, []))
      case .taken(let givingWay):
        if let givingWay { state.end(givingWay, .handshakeTooSlow, at: now, &effects) }
        add(number, byteLink, .inbound, address, dialled: nil, to: &state, &effects)
      }
    }
    start(byteLink)
  }

  /// Dials an address once, beside those that the network dials by itself: `connected` or `failed`
  /// tells what came of it, and who is there if nobody was expected.
  /// - Parameter key: the identity that must be shown there; nil: any.
  public func dial(_ address: SocketAddress, expecting key: PublicKey? = nil) {
    runtime.perform { [self] in
      links.dial(address) { result in
        self.change { state, _, effects in
          switch result {
          case .failure(let failure):
            effects.events.append(.failed(.outbound, address, .link(failure)))
          case .success(let byteLink):
            guard !state.isStopped else { return effects.finishes.append((byteLink, [])) }
            let number = state.nextNumber()
            state.table.dialled(number, address)
            self.add(
              number, byteLink, .outbound, address, dialled: nil, expecting: key, to: &state,
              &effects)
          }
        }
        if case .success(let byteLink) = result { self.start(byteLink) }
      }
    }
  }

  /// Ends the connection to a peer, who may come again. Pending requests to it fail as
  /// disconnected.
  public func hangUp(_ peer: PeerID, reason: String) {
    runtime.perform { [self] in
      change { state, now, effects in
        guard let number = state.peers[peer] else { return }
        state.end(number, .local(.shutdown, reason), at: now, &effects)
      }
    }
  }

  private func dial(_ address: PeerAddress, _ purpose: DialPlan.Purpose) {
    links.dial(address.socket) { result in
      self.change { state, now, effects in
        switch result {
        case .failure(let failure):
          state.failed(address, at: now)
          effects.events.append(.failed(.outbound, address.socket, .link(failure)))
        case .success(let byteLink):
          guard !state.isStopped else { return effects.finishes.append((byteLink, [])) }
          let number = state.nextNumber()
          state.table.dialled(number, address.socket)
          self.add(
            number, byteLink, .outbound, address.socket, dialled: (address, purpose), to: &state,
            &effects)
        }
      }
      if case .success(let byteLink) = result { self.start(byteLink) }
    }
  }

  /// Looks up where a kept peer is, on a thread of its own since that may take long. A network that
  /// has stopped does not wait for it.
  private func lookUp(_ peer: KeptPeer) {
    guard case .name(let host, _) = peer.place else { return }
    let (lookUp, worker) = (configuration.lookUp, runtime.worker("a name"))
    runtime.spawn("look-up") { [weak self] in
      let result = await worker.run { lookUp(host) }
      guard let self else { return }
      runtime.perform { self.lookedUp(peer, result) }
    }
  }

  private func lookedUp(_ peer: KeptPeer, _ result: Result<[SocketAddress.Host], NameFailure>) {
    change { state, now, effects in
      guard !state.isStopped else { return }
      switch result {
      case .success(let hosts): state.plan.found(peer, at: hosts)
      case .failure(let failure):
        state.plan.unresolved(peer, at: now, random: &state.random)
        effects.events.append(.unresolved(peer, failure))
      }
    }
  }

  private func add(
    _ number: UInt64, _ byteLink: any ByteLink, _ direction: ConnectionDirection,
    _ address: SocketAddress, dialled: (address: PeerAddress, purpose: DialPlan.Purpose)?,
    expecting key: PublicKey? = nil, to state: inout TransportState,
    _ effects: inout TransportEffects
  ) {
    let own = HandshakeIdentity(
      network: configuration.network, identity: configuration.identity, staticKeys: staticKeys,
      attachment: PeerGreeting(
        port: state.port, isTest: dialled?.purpose == .test
      ).wireBytes + configuration.furtherGreeting)
    let role: HandshakeRole = direction == .outbound ? .initiator : .responder
    let handshake = PeerHandshake(
      role, own: own, ephemeralSecret: Self.secret(configuration),
      expected: dialled?.address.identity ?? key)
    do throws(PeerLinkEnd) {
      let link = try PeerLink(
        handshake, role: role, settings: configuration.mux, messageLimits: state.messageLimits,
        times: configuration.times, now: runtime.now)
      state.connections[number] = PeerConnection(
        number, byteLink, link, direction, address, dialled: dialled)
      state.touch(number)
      state.started[ObjectIdentifier(byteLink)] = number
    } catch {
      _ = state.table.ended(number)
      state.totals.failedConnections += 1
      if let dialled { state.failed(dialled.address, at: runtime.now) }
      effects.finishes.append((byteLink, []))
      effects.events.append(.failed(direction, address, error))
    }
  }

  /// Lets a link run whose connection was taken.
  private func start(_ byteLink: any ByteLink) {
    let number = state.withLock { $0.started.removeValue(forKey: ObjectIdentifier(byteLink)) }
    if let number { byteLink.start(LinkUser(network: self, number: number)) }
  }

  /// Looks at the clock, and again after a pause.
  private func tick() {
    var due: (dials: [(address: PeerAddress, purpose: DialPlan.Purpose)], lookUps: [KeptPeer])
    due = ([], [])
    change { state, now, effects in
      guard !state.isStopped else { return }
      state.tick(at: now, &effects)
      due = state.dials(at: now)
    }
    for (address, purpose) in due.dials { dial(address, purpose) }
    for peer in due.lookUps { lookUp(peer) }
    guard !state.withLock({ $0.isStopped }) else { return }
    runtime.schedule(at: runtime.now.advanced(by: TransportLimits.tickPause)) { [weak self] in
      self?.tick()
    }
  }
}

/// Ties a link to its connection.
final class LinkUser: ByteLinkUser {
  private let network: TransportNetwork
  private let number: UInt64

  init(network: TransportNetwork, number: UInt64) {
    self.network = network
    self.number = number
  }

  func received(_ bytes: ArraySlice<UInt8>) {
    network.change { state, now, effects in
      state.receive(bytes, on: number, at: now, &effects)
    }
  }

  func nextBytes(max: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    network.change { state, now, effects in
      bytes = state.nextBytes(of: number, max: max, at: now, &effects)
    }
    return bytes
  }

  func ended(_ reason: LinkFailure) {
    network.change { state, now, effects in state.end(number, .link(reason), at: now, &effects) }
  }
}
