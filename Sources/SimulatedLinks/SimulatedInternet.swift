import Runtime
import Transport

/// Hosts in virtual time, and what lies between them: links that carry bytes in order, in pieces
/// that are drawn, with latency, bandwidth and faults.
///
/// All randomness comes from the runtime's stream `network` with the given index, so the same seed
/// gives the same pieces at the same moments.
///
/// - Important: Belongs to the thread of its runtime.
///
/// `@unchecked Sendable`: only the simulation's thread touches it.
public final class SimulatedInternet: @unchecked Sendable {
  /// Numbers of two hosts, in the direction of what goes from one to the other.
  struct Way: Hashable {
    let from: Int
    let to: Int
  }

  let runtime: SimulatedRuntime
  var random: RandomStream
  /// How bytes fare from now on. May be changed at any time.
  public var conditions: LineConditions
  /// Decides what goes wrong with a link, by its number, instead of the conditions.
  public var fault: ((Int) -> LinkFault?)?
  /// Links made so far.
  public private(set) var linkCount = 0
  /// Hosts in the order they were made.
  public private(set) var hosts: [SimulatedHost] = []
  private var byAddress: [SocketAddress.Host: SimulatedHost] = [:]
  private var blocked: Set<Way> = []
  private var delivered: [Way: Int] = [:]

  public init(
    runtime: SimulatedRuntime, conditions: LineConditions = LineConditions(), index: UInt32 = 0
  ) {
    self.runtime = runtime
    self.conditions = conditions
    random = runtime.randomStream(RandomConsumer(.network, index: index))
  }

  /// A further host. The address must be free.
  public func host(
    at address: SocketAddress.Host, _ capacity: HostCapacity = HostCapacity()
  ) -> SimulatedHost {
    runtime.requireHome("host")
    let host = SimulatedHost(self, number: hosts.count, at: address, capacity)
    hosts.append(host)
    take(address, for: host)
    return host
  }

  /// The host that has an address now.
  func host(_ address: SocketAddress) -> SimulatedHost? { byAddress[address.canonical.host] }

  func take(_ address: SocketAddress.Host, for host: SimulatedHost) {
    precondition(byAddress[address] == nil, "another host has the address \(address)")
    byAddress[address] = host
  }

  func giveUp(_ address: SocketAddress.Host) { byAddress[address] = nil }

  /// Lets nothing through from one host to another, without either noticing.
  public func block(from host: SimulatedHost, to other: SimulatedHost) {
    blocked.insert(Way(from: host.number, to: other.number))
  }

  /// Lets bytes through only inside each group; hosts in no group form one of their own. Replaces
  /// all earlier blocks.
  public func partition(_ groups: [[SimulatedHost]]) {
    var groupOf = [Int](repeating: -1, count: hosts.count)
    for (number, group) in groups.enumerated() {
      for host in group { groupOf[host.number] = number }
    }
    blocked = []
    for a in hosts {
      for b in hosts where groupOf[a.number] != groupOf[b.number] { block(from: a, to: b) }
    }
    resume()
  }

  /// Takes back all blocks. What waited on links that still exist goes on after a pause.
  public func heal() {
    blocked = []
    resume()
  }

  private func resume() {
    for host in hosts { for end in host.ends { end.pathChanged() } }
  }

  /// Lets all links go; nobody is told.
  public func shutdown() {
    for host in hosts { for end in host.ends { end.letGo() } }
    fault = nil
  }

  /// Whether bytes come from one host to another now.
  public func isOpen(from host: SimulatedHost, to other: SimulatedHost) -> Bool {
    host.isUp && other.isUp && !blocked.contains(Way(from: host.number, to: other.number))
  }

  /// Bytes that came from one host to another so far.
  public func deliveredBytes(from host: SimulatedHost, to other: SimulatedHost) -> Int {
    delivered[Way(from: host.number, to: other.number)] ?? 0
  }

  func noteDelivered(_ bytes: Int, from host: SimulatedHost, to other: SimulatedHost) {
    delivered[Way(from: host.number, to: other.number), default: 0] += bytes
  }

  /// Time of the next segment on its way.
  func delay() -> Duration {
    conditions.latency + random.exponential(mean: conditions.jitterMean)
  }

  /// What goes wrong with the next link.
  func nextFault() -> LinkFault? {
    linkCount += 1
    let breaks = random.chance(perMillion: conditions.brokenPerMillion)
    let silent = random.chance(perMillion: conditions.silentPerMillion)
    let bytes = random.below(1 << random.below(SimulatedLinksLimits.faultDoublings))
    if let fault { return fault(linkCount - 1) }
    return breaks
      ? .breaks(afterBytes: bytes) : silent ? .fallsSilent(afterBytes: bytes) : nil
  }
}
