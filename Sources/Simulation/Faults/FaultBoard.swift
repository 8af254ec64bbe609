import Networking
import Runtime
import SimulatedNetworking

/// What is wrong with the network of a world now. Several faults may act on one link or node at a
/// time; each is taken back for itself.
///
/// `@unchecked Sendable`: used on the simulation's thread only.
final class FaultBoard: @unchecked Sendable {
  private struct Link: Hashable {
    let from: PeerID
    let to: PeerID
  }

  private struct Entry<Value> {
    let number: Int
    let value: Value
  }

  private typealias Change<Value> = (inout Value) -> Void

  private let network: SimulatedNetwork
  private let runtime: SimulatedRuntime
  private var links: [Link: [Entry<Change<LinkConditions>>]] = [:]
  private var blocks: [Link: Int] = [:]
  private var capacities: [PeerID: [Entry<Change<NodeCapacity>>]] = [:]
  private var interceptors: [PeerID: [Entry<Interceptor>]] = [:]
  /// When the processor of a node has taken up what waits for it.
  private var processors: [PeerID: Moment] = [:]
  private var entries = 0

  init(_ network: SimulatedNetwork, runtime: SimulatedRuntime) {
    self.network = network
    self.runtime = runtime
  }

  private func entry<Value>(_ value: Value) -> Entry<Value> {
    entries += 1
    return Entry(number: entries, value: value)
  }

  /// Changes the conditions of a link until it is taken back.
  func change(
    from: PeerID, to: PeerID, _ change: @escaping (inout LinkConditions) -> Void
  ) -> FaultUndo {
    let link = Link(from: from, to: to)
    let entry = entry(change)
    links[link, default: []].append(entry)
    set(link)
    return { [self] in
      links[link]?.removeAll { $0.number == entry.number }
      set(link)
    }
  }

  private func set(_ link: Link) {
    let changes = links[link] ?? []
    var conditions = network.linkConditions
    for change in changes { change.value(&conditions) }
    network.setLink(changes.isEmpty ? nil : conditions, from: link.from, to: link.to)
  }

  /// Lets nothing through until it is taken back.
  func block(from: PeerID, to: PeerID) -> FaultUndo {
    let link = Link(from: from, to: to)
    blocks[link, default: 0] += 1
    network.block(from: from, to: to)
    return { [self] in
      blocks[link, default: 1] -= 1
      if blocks[link] == 0 { network.unblock(from: from, to: to) }
    }
  }

  /// Changes what a node can send, receive and serve until it is taken back.
  func change(_ peer: PeerID, _ change: @escaping (inout NodeCapacity) -> Void) -> FaultUndo {
    let entry = entry(change)
    capacities[peer, default: []].append(entry)
    set(peer)
    return { [self] in
      capacities[peer]?.removeAll { $0.number == entry.number }
      set(peer)
    }
  }

  private func set(_ peer: PeerID) {
    let changes = capacities[peer] ?? []
    var capacity = network.configuration.capacity
    for change in changes { change.value(&capacity) }
    network.setCapacity(changes.isEmpty ? nil : capacity, for: peer)
  }

  /// Lets `interceptor` see the messages of a node, after those that were there before, until it
  /// is taken back.
  @discardableResult
  func intercept(_ peer: PeerID, _ interceptor: @escaping Interceptor) -> FaultUndo {
    let entry = entry(interceptor)
    interceptors[peer, default: []].append(entry)
    setInterceptor(peer)
    return { [self] in
      interceptors[peer]?.removeAll { $0.number == entry.number }
      setInterceptor(peer)
    }
  }

  private func setInterceptor(_ peer: PeerID) {
    let list = (interceptors[peer] ?? []).map(\.value)
    guard list.count > 1 else { return network.setInterceptor(list.first, for: peer) }
    network.setInterceptor({ Self.ask(list, $0) }, for: peer)
  }

  /// What all say together: what one drops is gone; what one has changed is not held back.
  private static func ask(_ list: [Interceptor], _ message: InterceptedMessage) -> InterceptAction {
    var message = message
    var isChanged = false
    var delay = Duration.zero
    for interceptor in list {
      switch interceptor(message) {
      case .pass: break
      case .drop: return .drop
      case .replace(let payload):
        isChanged = true
        message = InterceptedMessage(
          direction: message.direction, kind: message.kind, peer: message.peer, payload: payload)
      case .delay(let more): delay = max(delay, more)
      }
    }
    if isChanged { return .replace(message.payload) }
    return delay > .zero ? .delay(delay) : .pass
  }

  /// A message of so many bytes waits for the processor of `peer` and takes it up; how long until
  /// it is through.
  func process(_ bytes: Int, on peer: PeerID, bytesPerSecond: Int) -> Duration {
    let start = max(runtime.now, processors[peer] ?? .start)
    let end = start.advanced(by: SerialLine.time(for: bytes, rate: bytesPerSecond))
    processors[peer] = end
    return runtime.now.duration(to: end)
  }

  /// Ends the connection of two peers, and lets it begin again when taken back.
  func disconnect(_ peer: PeerID, _ other: PeerID) {
    network.disconnect(peer, other, reason: "cut")
  }

  func connect(_ peer: PeerID, _ other: PeerID) { network.connect(peer, other) }
}
