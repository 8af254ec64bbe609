import CRDT
import KeyValue
import RESP
import TestSupport
import Testing

/// Cores that tell each other what they wrote, in any order, twice or never, and a plain model that
/// knows of each write which others its writer had seen.
final class CRDTCluster {
  /// One write, as the model sees it.
  struct Event {
    enum Content: Hashable {
      case text(String)
      /// Of a counter, or of a counter in a map.
      case share(field: String?, Int64)
      case member(String)
      case field(String, String)
    }

    let node: Int
    let content: Content
    /// The time of the write: which of two registers is newer.
    let time: HybridTime
  }

  final class Peer {
    var node: Node
    /// Of each key, the writes that it has heard of, and those of them that are gone.
    var known: [String: Set<Int>] = [:]
    var gone: [String: Set<Int>] = [:]
    /// What it logged before its last restart.
    var past: [[KeyValueEffect]] = []

    init(_ node: consuming Node) { self.node = node }
  }

  struct Message {
    let effect: KeyValueEffect
    let known: Set<Int>
    let gone: Set<Int>
  }

  let keepsSiblings: Bool
  var peers: [Peer]
  private var events: [Event] = []
  private var lastReplica: UInt64
  /// What was told and not yet heard.
  var messages: [Message] = []

  init(_ count: Int, keepsSiblings: Bool = false) {
    self.keepsSiblings = keepsSiblings
    peers = (1...UInt64(count)).map {
      // Clocks that differ by up to a second.
      Peer(
        Node(
          $0, keepsTombstones: true, keepsSiblings: keepsSiblings, now: 10_000_000 + 400 * $0))
    }
    lastReplica = UInt64(count)
  }

  /// What a key shows at a node, by the model.
  func shown(_ key: String, at index: Int) -> [Event] {
    let peer = peers[index]
    return (peer.known[key] ?? []).subtracting(peer.gone[key] ?? []).sorted().map { events[$0] }
  }

  /// Executes a request at a node, and takes note of what it does by the model: `content` is what
  /// it writes, and it removes what `removes` says of what is shown.
  func write(
    _ request: String, at index: Int, _ contents: [Event.Content], removes: (Event) -> Bool
  ) -> RESPReply {
    let peer = peers[index]
    let key = String(request.split(separator: " ")[1])
    let reply = peer.node(request)
    let time = HybridTime(
      ticks: peer.node.core.lastTicks, replica: ReplicaID(UInt64(index + 1)))
    let shown = (peer.known[key] ?? []).subtracting(peer.gone[key] ?? [])
    peer.gone[key, default: []].formUnion(shown.filter { removes(events[$0]) })
    for content in contents {
      peer.known[key, default: []].insert(events.count)
      events.append(Event(node: index, content: content, time: time))
    }
    tell(from: index)
    return reply
  }

  /// Puts what a node wrote last on its way.
  private func tell(from index: Int) {
    let peer = peers[index]
    for effect in peer.node.log.last ?? [] where effect.version != nil {
      messages.append(message(effect, of: peer))
    }
  }

  private func message(_ effect: KeyValueEffect, of peer: Peer) -> Message {
    let key = String(decoding: effect.key, as: UTF8.self)
    return Message(
      effect: effect, known: peer.known[key] ?? [], gone: peer.gone[key] ?? [])
  }

  func deliver(_ message: Message, to index: Int) throws {
    let peer = peers[index]
    let key = String(decoding: message.effect.key, as: UTF8.self)
    try peer.node.apply([message.effect])
    peer.known[key, default: []].formUnion(message.known)
    peer.gone[key, default: []].formUnion(message.gone)
  }

  /// The node's store is read anew from its log, under a new name of the replica.
  func restart(_ index: Int) throws {
    let (peer, now) = (peers[index], peers[index].node.now)
    peer.past += peer.node.log
    lastReplica += 1
    var node = Node(
      lastReplica, keepsTombstones: true, keepsSiblings: keepsSiblings, now: now)
    for batch in peer.past { try node.load(batch) }
    node.purge()
    peer.node.purge()
    #expect(node.entries == peer.node.entries)
    peer.node = node
  }

  /// All tell all what they hold, so that nothing is missing anywhere.
  func settle(_ draw: inout SeededGenerator) throws {
    for _ in 0..<2 {
      for from in peers.indices.shuffled(using: &draw) {
        let all = peers[from].node.entries.shuffled(using: &draw)
        for to in peers.indices where to != from {
          for effect in all { try deliver(message(effect, of: peers[from]), to: to) }
        }
      }
    }
  }

  /// Whether all hold the same, byte by byte.
  func expectEqual(_ what: String) {
    let first = peers[0].node.entries
    let symbols = peers[0].node.core.symbols.symbols
    for peer in peers.dropFirst() {
      #expect(peer.node.entries == first, "\(what)")
      let other = peer.node.core.symbols.symbols
      #expect(other == symbols, "\(what)")
    }
  }
}

extension CRDTCluster.Peer {
  /// The bytes of a replicated value.
  func value(_ key: String) -> [UInt8] {
    for case .set(Array(key.utf8), _, let value, _, _) in node.entries { return value }
    return []
  }
}

extension Node {
  /// Raises the floor, and purges up to it.
  mutating func forget(through ticks: UInt64) {
    raiseFloor(to: ticks)
    purge()
  }

  mutating func purge() {
    let floor = core.floor
    purge(through: floor)
  }

  mutating func expireAll() {
    core.beginBatch(at: now)
    core.expireSome(Int.max)
    end()
  }
}
