import Networking
import Primitives
import Runtime

/// Connections, hellos and members.
extension ReplicationCore {
  /// A connection with a peer is there, encrypted and with its key proven.
  /// - Parameter dialled: the address that was connected to; nil if the peer connected.
  public mutating func joined<Source: ReplicationSource & ~Copyable>(
    _ peer: NodeIdentity, dialled: String?, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    if links[peer]?.isEarly == true,
      links[peer]?.state == .greeting || links[peer]?.isLinked == true
    {
      links[peer]?.isEarly = false
      links[peer]?.dialled = dialled
      pin(dialled, of: peer)
      return end(&source, at: time)
    }
    if links[peer]?.state ?? .away != .away { unlink(peer, at: time) }
    if let refusal = refusal(of: peer, dialled: dialled) {
      if let dialled, peer == settings.identity { ownAddresses.insert(dialled) }
      out.append(.disconnect(peer, reason: "\(refusal)"))
      return end(&source, at: time)
    }
    greet(peer, dialled: dialled)
    return end(&source, at: time)
  }

  /// The connection is gone. Tokens of the peer's requests and of those to it are forgotten: their
  /// answers and failures may be told or not.
  public mutating func left(_ peer: NodeIdentity, at time: ReplicationTime) -> [ReplicationAction] {
    if links[peer]?.isLinked == true { notice(.unlinked(peer)) }
    unlink(peer, at: time)
    defer { out = [] }
    return out
  }

  /// An address could not be connected to. It is dialled again later.
  public mutating func dialFailed(_ address: String, at time: ReplicationTime) {
    let pause = dials[address]?.pause ?? .zero
    dials[address]?.at = time.moment.advanced(by: pause)
  }

  /// Whether a peer has proven that it has the cluster key.
  func isProven(_ peer: NodeIdentity) -> Bool { links[peer]?.isProven == true }

  mutating func unlink(_ peer: NodeIdentity, at time: ReplicationTime) {
    guard let link = links[peer] else { return }
    links[peer] = link.unlinked
    asked = asked.filter { $0.value.peer != peer }
    forgetArrivals(of: peer, at: time)
  }

  private mutating func greet(_ peer: NodeIdentity, dialled: String?) {
    var link = links[peer] ?? PeerLink()
    link.state = .greeting
    link.dialled = dialled
    links[peer] = link
    peers = links.keys.sorted()
    let hello = HelloRequest(body: helloBody(for: peer))
    let patience = links[peer]?.monitor.patience(bytes: KeyValueLimits.gossipBytesMax) ?? .zero
    _ = send(.hello(hello), .hello, to: peer, patience: patience)
  }

  private func helloBody(for peer: NodeIdentity) -> HelloBody {
    HelloBody(
      proof: settings.clusterKey.proof(of: settings.identity, to: peer), clock: told,
      floor: floor, gossip: gossip)
  }

  /// What this node knows of the cluster.
  var gossip: ClusterGossip {
    var all = rows
    all.add(ownRow, of: settings.identity)
    all.keep(book.table.members.map(\.identity))
    return ClusterGossip(members: book.table, rows: all)
  }

  /// Why nobody talks to this peer; nil if it may be let in.
  private mutating func refusal(of peer: NodeIdentity, dialled: String?) -> HelloRefusal? {
    if peer == settings.identity { return .pinnedKey }
    if isRemoved || book.table.isRemoved(peer) {
      notice(.refused(peer, .removed))
      return .removed
    }
    if let dialled, let pinned = pinned(at: dialled), pinned != peer {
      notice(.keyChanged(address: dialled, pinned: pinned, found: peer))
      return .pinnedKey
    }
    if book.table[peer] == nil, book.table.count >= KeyValueLimits.membersMax {
      notice(.refused(peer, .tooManyMembers))
      return .tooManyMembers
    }
    return nil
  }

  /// A hello came.
  mutating func greeted(
    _ hello: HelloRequest, by peer: NodeIdentity, _ token: UInt64, at time: ReplicationTime
  ) {
    var refusal = refusal(of: peer, dialled: nil)
    if hello.version != HelloRequest.version { refusal = .version }
    if !isProof(hello.body.proof, of: peer) { refusal = .clusterKey }
    if let refusal {
      if refusal != .removed, refusal != .tooManyMembers { notice(.refused(peer, refusal)) }
      out.append(.answer(.hello(.refused(refusal)), token: token))
      out.append(.disconnect(peer, reason: "\(refusal)"))
      return
    }
    if links[peer]?.state ?? .away == .away {
      greet(peer, dialled: nil)
      links[peer]?.isEarly = true
    }
    links[peer]?.isProven = true
    absorb(hello.body, from: peer, at: time)
    out.append(.answer(.hello(.accepted(helloBody(for: peer))), token: token))
  }

  private func isProof(_ proof: Hash256, of peer: NodeIdentity) -> Bool {
    settings.clusterKey.proof(of: peer, to: settings.identity).isEqualInConstantTime(to: proof)
  }

  /// The answer to the hello came: the link is there.
  mutating func welcomed(_ answer: HelloAnswer, by peer: NodeIdentity, at time: ReplicationTime) {
    switch answer {
    case .refused(let refusal):
      notice(.refusedBy(peer, refusal))
      out.append(.disconnect(peer, reason: "refused: \(refusal)"))
    case .accepted(let body):
      guard isProof(body.proof, of: peer) else {
        notice(.refused(peer, .clusterKey))
        out.append(.disconnect(peer, reason: "\(HelloRefusal.clusterKey)"))
        return
      }
      links[peer]?.isProven = true
      absorb(body, from: peer, at: time)
      guard var link = links[peer], !book.table.isRemoved(peer), !isRemoved else { return }
      link.state = .linked
      link.nextRound = time.moment
      link.nextGossip = time.moment.advanced(by: settings.gossipInterval)
      links[peer] = link
      restartStream(peer, from: told)
      pin(link.dialled, of: peer)
      notice(.linked(peer))
    }
  }

  /// The first key that proves itself at an address is the one that is expected there later.
  private mutating func pin(_ address: String?, of peer: NodeIdentity) {
    guard let address, links[peer]?.isLinked == true, pinned(at: address) == nil else { return }
    pin(peer, at: address)
    out.append(.storeMembers)
  }

  mutating func pin(_ key: NodeIdentity, at address: String) {
    book.pin(key, at: address, named: settings.peers.map(\.address))
  }

  /// The member that says that it listens at an address.
  func member(at address: String) -> NodeIdentity? {
    book.table.members.first {
      $0.identity != settings.identity && $0.addresses.contains(address)
    }?.identity
  }

  /// The key that is expected at an address; nil where any is, as after its member was removed.
  private func pinned(at address: String) -> NodeIdentity? {
    book.pins[address].flatMap { book.table.isRemoved($0) ? nil : $0 }
  }

  private mutating func absorb(
    _ body: HelloBody, from peer: NodeIdentity, at time: ReplicationTime
  ) {
    saw(clock: body.clock, of: peer, at: time)
    links[peer]?.floor = body.floor
    absorb(body.gossip, from: peer, at: time)
  }

  /// A peer's clock was told.
  mutating func saw(clock: UInt64, of peer: NodeIdentity, at time: ReplicationTime) {
    heard[peer] = told
    let ahead = clock >> 16 > time.milliseconds ? clock >> 16 - time.milliseconds : 0
    links[peer]?.clockAhead = ahead
    guard ahead <= settings.clockAheadMax else { return tellClock(of: peer, ahead) }
    links[peer]?.isClockTold = false
    raiseClock(to: clock)
  }

  private mutating func raiseClock(to ticks: UInt64) {
    guard ticks > told else { return }
    out.append(.raiseClock(ticks))
  }

  /// A time of a peer is too far ahead: told once until one is right again.
  mutating func tellClock(of peer: NodeIdentity, _ milliseconds: UInt64) {
    guard links[peer]?.isClockTold == false else { return }
    links[peer]?.isClockTold = true
    notice(.clockAhead(peer, milliseconds: milliseconds))
  }

  /// What a peer knows of the cluster was told.
  mutating func absorb(
    _ gossip: ClusterGossip, from peer: NodeIdentity, at time: ReplicationTime
  ) {
    let before = book.table
    var isChanged = book.table.merge(gossip.members)
    if book.table[peer] == nil {
      isChanged = book.table.add(Member(identity: peer, stamp: 0)) || isChanged
    }
    rows.merge(gossip.rows, but: settings.identity)
    // What others have of this node's writes it wrote, even where it does not know that any more.
    let seen = gossip.rows.rows.values.compactMap { $0.have[settings.identity] }
      .filter { $0 >> 16 <= time.milliseconds + settings.clockAheadMax }
    raiseClock(to: seen.max() ?? 0)
    guard isChanged else { return }
    out.append(.storeMembers)
    for member in book.table.members where before[member.identity] == nil {
      notice(.memberJoined(member.identity))
    }
    for member in book.table.removed where !before.isRemoved(member.identity) {
      removed(member.identity, at: time)
    }
    rows.keep(book.table.members.map(\.identity))
  }

  /// A member was removed.
  mutating func removed(_ identity: NodeIdentity, at time: ReplicationTime) {
    notice(.memberRemoved(identity))
    have[identity] = nil
    rows.keep(book.table.members.map(\.identity))
    if identity == settings.identity {
      isRemoved = true
      for peer in peers where links[peer]?.state != .away {
        out.append(.disconnect(peer, reason: "\(HelloRefusal.removed)"))
      }
    } else if links[identity]?.state ?? .away != .away {
      out.append(.disconnect(identity, reason: "\(HelloRefusal.removed)"))
    }
  }

  // MARK: Dialling

  /// Dials whom the operator named, and members that were learned of, where there is no link.
  mutating func dial(at time: ReplicationTime) {
    guard !isRemoved else { return }
    var targets: [String: NodeIdentity?] = [:]
    for member in book.table.members where member.identity != settings.identity {
      for address in member.addresses { targets[address] = member.identity }
    }
    for peer in settings.peers {
      targets[peer.address] = .some(
        peer.key ?? pinned(at: peer.address) ?? member(at: peer.address))
    }
    for address in ownAddresses { targets[address] = nil }
    dials = dials.filter { targets.keys.contains($0.key) }
    let busy = Set(peers.compactMap { links[$0]?.state != .away ? links[$0]?.dialled : nil })
    for (address, key) in targets.sorted(by: { $0.key < $1.key }) {
      var isBusy = busy.contains(address)
      if let key {
        let state = links[key]?.state ?? .away
        if state == .linked { dials[address] = nil }
        if state == .linked || book.table.isRemoved(key) { continue }
        if state == .greeting { isBusy = true }
      }
      var dial = dials[address] ?? Dial(at: time.moment)
      if dial.at <= time.moment {
        if !isBusy { out.append(.connect(address: address, key: key)) }
        dial.at = time.moment.advanced(by: dial.pause)
        if !isBusy { dial.pause = min(dial.pause * 2, KeyValueLimits.dialPauseMax) }
      }
      dials[address] = dial
    }
  }
}
