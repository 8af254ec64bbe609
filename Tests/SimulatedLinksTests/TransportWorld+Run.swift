import Networking
import Primitives
import Runtime
import SimulatedLinks
import Transport

extension TransportWorld {
  /// Longest time from the end of all faults until everybody is connected: a half-open link is
  /// noticed, the pauses before the next two dials are over, and they take their time.
  static let recovery: Duration = .seconds(240)

  /// All nodes start, faults strike for a while, then nothing is wrong any longer.
  func run() {
    for node in nodes {
      runtime.schedule(after: random.duration(in: .zero...(.seconds(3)))) { [self] in start(node) }
    }
    runtime.advance(by: .seconds(4))
    strike(for: random.duration(in: .seconds(30)...(.seconds(90))))
    calm()
    runtime.advance(by: Self.recovery)
    checkLimits()
    checkConnections()
    gossip()
    finish()
  }

  /// Something goes wrong every now and then.
  private func strike(for time: Duration) {
    internet.conditions = LineConditions(
      latency: random.duration(in: .milliseconds(1)...(.milliseconds(150))),
      jitterMean: random.duration(in: .zero...(.milliseconds(30))),
      lossPerMillion: random.below(50_000), refusedPerMillion: random.below(300_000),
      brokenPerMillion: random.below(400_000), silentPerMillion: random.below(200_000))
    let end = runtime.now.advanced(by: time)
    while runtime.now < end {
      for _ in 0..<random.below(4) { ask() }
      if random.chance(perMillion: 300_000), let node = random.pick(nodes) { publish(by: node) }
      disturb()
      runtime.advance(by: random.duration(in: .milliseconds(50)...(.seconds(3))))
      checkLimits()
    }
  }

  private func disturb() {
    guard let node = random.pick(nodes) else { return }
    switch random.below(16) {
    case 0:
      let half = nodes.filter { _ in random.chance(perMillion: 500_000) }
      note("partition \(half.map(\.number))")
      internet.partition([half.map(\.host)])
    case 1, 2:
      note("heal")
      internet.heal()
    case 3:
      guard let other = random.pick(nodes) else { return }
      internet.block(from: node.host, to: other.host)
    case 4, 5:
      let isTold = random.chance(perMillion: 500_000)
      note("down \(node.number) \(isTold)")
      node.host.goDown(isTold: isTold)
    case 6, 7, 8: node.host.comeUp()
    case 9, 10:
      guard node.network != nil else { return start(node) }
      stop(node, inOrder: random.chance(perMillion: 500_000))
    case 11, 12: if node.network == nil { start(node) }
    // What a fault does is looked at where everybody knows where the others are.
    case 13: if fault == nil { move(node) }
    default: break
    }
  }

  private func move(_ node: Node) {
    moves += 1
    note("move \(node.number)")
    node.host.move(to: .v4(UInt32(8 << 24 | (100 + moves) << 16 | 1)))
  }

  /// Everything is repaired.
  func calm() {
    internet.conditions = LineConditions(latency: .milliseconds(20))
    internet.heal()
    for node in nodes {
      node.host.comeUp()
      if node.network == nil { start(node) }
    }
    runtime.advance(by: .seconds(60))
    if fault == .bansAFriend, let network = nodes[0].network,
      let peer = network.connectedPeers().first
    {
      network.disconnect(peer, reason: "planted")
    }
    note("calm")
  }

  /// Who was told where another is, and is right, is connected with it.
  private func checkConnections() {
    guard !isCrowded else { return }
    let pairs = pairs
    note("pairs \(pairs.sorted { $0.lexicographicallyPrecedes($1) })")
    for node in nodes {
      for (other, address) in node.told.sorted(by: { $0.key < $1.key })
      where nodes[other].host.address == address {
        let pair = [min(node.number, other), max(node.number, other)]
        if !pairs.contains(pair) { violate("\(node.number) and \(other) are not connected") }
      }
    }
  }

  /// Each node publishes some messages, which all hear that it reaches.
  private func gossip() {
    var sent: [(from: Int, id: GossipID, to: Set<Int>)] = []
    for node in nodes {
      for _ in 0..<3 {
        let reached = reached(from: node.number)
        if let id = publish(by: node) { sent.append((node.number, id, reached)) }
        ask()
        runtime.advance(by: random.duration(in: .zero...(.seconds(2))))
      }
    }
    runtime.advance(by: .seconds(120))
    for (from, id, to) in sent {
      // Connections beyond those that must be may have come and gone meanwhile.
      for number in to.intersection(reached(from: from)).sorted() where nodes[number].heard[id] != 1
      {
        violate("\(number) has not heard \(id) of \(from)")
      }
    }
  }

  private func finish() {
    for node in nodes where node.network != nil { stop(node, inOrder: true) }
    runtime.advance(by: .seconds(60))
    if answered + failed != asked {
      violate("\(asked) requests, \(answered) answered and \(failed) failed")
    }
    internet.shutdown()
    let left = runtime.shutdown()
    if !left.isEmpty { violate("tasks did not end: \(left)") }
    if runtime.foreignJobs > 0 { violate("\(runtime.foreignJobs) jobs from other threads") }
  }
}
