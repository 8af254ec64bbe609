import Networking
import Primitives
import Runtime
import Transport

/// Messages and connections.
extension ReplicationShell {
  // MARK: Requests of others

  func serve() {
    serve(HelloRequest.self) { .hello($0) }
    serve(PushRequest.self) { .push($0) }
    serve(RoundRequest.self) { .round($0) }
    serve(ValueRequest.self) { .value($0) }
  }

  private func serve<R: Request>(
    _ type: R.Type, _ wrap: @escaping @Sendable (R) -> ReplicationRequest
  ) {
    line.serveAny(R.type) { [weak self] peer, payload in
      guard let self else { return nil }
      do throws(WireError) {
        return await answer(wrap(try R(wireBytes: payload)), of: peer)?.wireBytes
      } catch {
        malformed(peer, "\(R.type): \(error)")
        return nil
      }
    }
  }

  private func answer(
    _ request: ReplicationRequest, of peer: PeerID
  ) async -> ReplicationAnswer? {
    // It may have gone while its request waited.
    guard !isStopped, peers[peer.identity] != nil else { return nil }
    return await withCheckedContinuation { continuation in
      let token = nextToken()
      asked[token] = Asked(peer: peer.identity, continuation: continuation)
      enter { core, source, time in
        core.received(request, from: peer.identity, token: token, &source, at: time)
      }
    }
  }

  func malformed(_ peer: PeerID, _ what: String) {
    tell(.malformed(peer.identity, what))
    network.hangUp(peer, reason: what)
  }

  func count(sent: Int, received: Int, with peer: NodeIdentity) {
    core.counted(sent: sent, received: received, with: peer)
  }

  // MARK: Requests of this node

  func send(
    _ request: ReplicationRequest, to identity: NodeIdentity, _ token: UInt64, _ patience: Duration
  ) {
    let (type, payload) = request.wire
    let (line, peer) = (line, peers[identity])
    runtime.spawn(type.name) { [weak self] in
      var result = Result<[UInt8], RequestError>.failure(.disconnected)
      if let peer {
        do throws(RequestError) {
          result = .success(
            try await line.sendToAny(type, payload, to: peer, timeout: patience))
        } catch { result = .failure(error) }
      }
      self?.came(result, to: request, of: identity, token)
    }
  }

  private func came(
    _ result: Result<[UInt8], RequestError>, to request: ReplicationRequest,
    of peer: NodeIdentity, _ token: UInt64
  ) {
    guard !isStopped else { return }
    do throws(RequestError) {
      let bytes = try result.get()
      let answer: ReplicationAnswer
      do throws(WireError) { answer = try request.answer(bytes) } catch {
        throw .undecodable(error)
      }
      enter { core, source, time in core.answered(token, answer, &source, at: time) }
    } catch {
      enter { core, source, time in core.failed(token, error, &source, at: time) }
      if error.isMisbehaviour, let peer = peers[peer] { malformed(peer, "\(error)") }
    }
  }

  // MARK: Connections

  func happened(_ event: TransportEvent) {
    guard !isStopped else { return }
    switch event {
    case .connected(let peer, let direction, let address):
      joined(peer, address, isDialled: direction == .outbound)
    case .disconnected(let peer, let end): left(peer, "\(end)")
    case .failed(.outbound, let address, let end): failed(address, end)
    case .failed(.inbound, let address, .handshake(let error)):
      if let word = error.refusal {
        tellOfStranger(address, "a connection from \(address) was refused: \(word)", word)
      }
    case .refused(let address, let rule):
      tellOfStranger(address, "a connection from \(address) was refused: \(rule)", rule)
    case .listening, .failed, .unresolved, .banned: break
    }
  }

  private func joined(_ peer: PeerID, _ address: SocketAddress, isDialled: Bool) {
    let identity = peer.identity
    if peers[identity] != nil { left(peer, "a newer connection took its place") }
    peers[identity] = peer
    if isDialled || places[identity] == nil { places[identity] = address }
    let dialled = isDialled ? dialling.removeValue(forKey: address)?.first : nil
    enter { core, source, time in core.joined(identity, dialled: dialled, &source, at: time) }
  }

  private func left(_ peer: PeerID, _ reason: String) {
    let identity = peer.identity
    guard peers.removeValue(forKey: identity) != nil else { return }
    line.unlink(identity)
    plan.recorder.record(.keyValue(.lost(peer: peer.number, reason: reason)))
    for token in asked.keys.sorted() where asked[token]?.peer == identity {
      asked.removeValue(forKey: token)?.continuation.resume(returning: nil)
    }
    enter { core, _, time in core.left(identity, at: time) }
  }

  private func failed(_ address: SocketAddress, _ end: PeerLinkEnd) {
    let names = dialling.removeValue(forKey: address) ?? []
    if case .handshake(let error) = end, let word = error.refusal {
      tellOfStranger(address, "there is no replica of this cluster at \(address): \(word)", word)
    }
    enter { core, _, time in
      for name in names { core.dialFailed(name, at: time) }
      return []
    }
  }

  /// Dials an address, which is looked up first if it is a name.
  func connect(_ name: String, _ key: NodeIdentity?) {
    guard let place = SocketPlace(name) else { return dialFailed(name) }
    switch place {
    case .address(let address): dial(address, name, key)
    case .name(let host, let port):
      let worker = runtime.worker("a name")
      runtime.spawn("look-up") { [weak self] in
        let result = await worker.run { host.addresses() }
        guard let self else { return }
        guard let hosts = try? result.get(), let one = choices.pick(hosts) else {
          return dialFailed(name)
        }
        dial(SocketAddress(one, port: port), name, key)
      }
    }
  }

  private func dialFailed(_ name: String) {
    runtime.soon { [weak self] in
      self?.enter { core, _, time in
        core.dialFailed(name, at: time)
        return []
      }
    }
  }

  private func dial(_ address: SocketAddress, _ name: String, _ key: NodeIdentity?) {
    let isNew = dialling[address] == nil
    dialling[address, default: []].append(name)
    if isNew { network.dial(address, expecting: key?.key) }
  }
}

extension SocketAddress.Host {
  /// Whether it stands for all addresses of a machine, so that nobody can connect to it.
  package var isAny: Bool { self == .v4(0) || self == .v6(0, 0) }
}

extension HandshakeError {
  /// Why somebody is no replica of this cluster; nil if that is not said.
  fileprivate var refusal: String? {
    switch self {
    case .otherNetwork: "it has another cluster key"
    case .otherVersion, .notThisProtocol, .otherIdentity, .badSignature: description
    case .ownIdentity: "it is this node itself"
    case .truncated, .tooLong, .decryptFailed, .zeroSecret, .malformed, .over: nil
    }
  }
}

extension ReplicationRequest {
  /// Its type and bytes.
  fileprivate var wire: (type: RequestType, payload: [UInt8]) {
    switch self {
    case .hello(let request): (HelloRequest.type, request.wireBytes)
    case .push(let request): (PushRequest.type, request.wireBytes)
    case .round(let request): (RoundRequest.type, request.wireBytes)
    case .value(let request): (ValueRequest.type, request.wireBytes)
    }
  }

  /// The answer to it.
  package func answer(_ bytes: [UInt8]) throws(WireError) -> ReplicationAnswer {
    switch self {
    case .hello: .hello(try HelloAnswer(wireBytes: bytes))
    case .push: .push(try PushAnswer(wireBytes: bytes))
    case .round: .round(try RoundAnswer(wireBytes: bytes))
    case .value: .value(try ValueSlice(wireBytes: bytes))
    }
  }
}

extension ReplicationAnswer {
  /// Its wire form.
  package var wireBytes: [UInt8] {
    switch self {
    case .hello(let answer): answer.wireBytes
    case .push(let answer): answer.wireBytes
    case .round(let answer): answer.wireBytes
    case .value(let answer): answer.wireBytes
    }
  }
}
