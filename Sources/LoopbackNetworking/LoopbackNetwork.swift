import Locking
import Networking
import Runtime

/// Sees every message of one peer, on any thread.
public typealias LoopbackInterceptor = @Sendable (InterceptedMessage) -> InterceptAction

/// A network within one process, safe from any thread: what peers send to each other is copied byte
/// by byte and taken in by a task of each receiver.
///
/// Joined peers are connected pairwise, and each is the gossip neighbour of all it is connected
/// with. All times are those of the runtime. What is sent leaves at once, so no answer waits
/// unsent; what a receiver has no room for is lost, as on a wire.
///
/// - Important: Its tasks live until `shutdown()`.
public final class LoopbackNetwork: Sendable {
  struct State {
    var peers: [PeerID: LoopbackPeer] = [:]
    /// The last number of a connection, a request or a life.
    var number: UInt64 = 0
    /// Messages that are under way for a time.
    var delayed = 0
    /// Messages that came to nothing.
    var lost = 0

    mutating func nextNumber() -> UInt64 {
      number += 1
      return number
    }
  }

  /// Least time that a message takes.
  public let latency: Duration
  let runtime: any Runtime
  let state = Lock(State())

  public init(runtime: any Runtime, latency: Duration = .zero) {
    self.runtime = runtime
    self.latency = latency
  }

  /// Messages that came to nothing: dropped, too many, or for a connection or request that is over.
  public var lost: Int { state.withLock { $0.lost } }

  /// The network as `peer` sees it. The first call, and the first after `remove(_:)`, lets the peer
  /// join unless `joined` is false.
  public func endpoint(for peer: PeerID, joined: Bool = true) -> any Network {
    let (life, inbox, isFirst) = state.withLock { state in
      if let known = state.peers[peer], known.wasEntered { return (known.life, known.inbox, false) }
      // Taken out, so that the others hear of it under the number that it has now.
      let earlier = state.peers.removeValue(forKey: peer)
      var new = LoopbackPeer(life: Int(state.nextNumber()), interceptor: earlier?.interceptor)
      new.wasEntered = true
      state.peers[peer] = new
      return (new.life, new.inbox, true)
    }
    if isFirst {
      runtime.spawn("\(peer) takes in") { for await message in inbox { self.arrive(message) } }
      if joined { join(peer) }
    }
    return LoopbackEndpoint(network: self, local: peer, life: life)
  }

  /// Connects `peer` with all who are joined.
  public func join(_ peer: PeerID) {
    state.withLock { state in
      guard state.peers[peer]?.isJoined == false else { return }
      state.peers[peer]?.isJoined = true
      for other in state.peers.keys.sorted() where other != peer {
        Self.connect(peer, other, in: &state)
      }
    }
  }

  /// Ends all connections of `peer`; its streams and handlers stay, and it may join again.
  public func leave(_ peer: PeerID) {
    state.withLock { Self.leave(peer, in: &$0) }
  }

  /// Takes `peer` out as if its machine had stopped: all its connections, requests, streams and
  /// handlers are gone, and its endpoints are dead. A new endpoint begins a new life.
  public func remove(_ peer: PeerID) {
    state.withLock { state in
      Self.leave(peer, in: &state)
      state.peers[peer]?.endLife()
      let interceptor = state.peers[peer]?.interceptor
      let life = Int(state.nextNumber())
      if state.peers[peer] != nil {
        state.peers[peer] = LoopbackPeer(life: life, interceptor: interceptor)
      }
    }
  }

  /// Opens a connection between two joined peers; nothing happens if there is one.
  public func connect(_ a: PeerID, _ b: PeerID) {
    state.withLock { Self.connect(a, b, in: &$0) }
  }

  /// Closes the connection between two peers; requests between them fail as disconnected, and
  /// messages between them are lost.
  public func disconnect(_ a: PeerID, _ b: PeerID) {
    state.withLock { Self.disconnect(a, b, in: &$0) }
  }

  /// Lets `interceptor` see, change, delay or drop every message `peer` sends or receives; nil
  /// takes it back. It stays over `remove(_:)`.
  public func setInterceptor(_ interceptor: LoopbackInterceptor?, for peer: PeerID) {
    state.withLock { $0.peers[peer]?.interceptor = interceptor }
  }

  /// Lets everything go: requests fail as disconnected, streams end, handlers are released.
  public func shutdown() {
    for peer in state.withLock({ $0.peers.keys.sorted() }) { remove(peer) }
    state.withLock { $0.peers = [:] }
  }

  // Peer events are told behind the lock, so that all hear them in the order they happened.

  private static func connect(_ a: PeerID, _ b: PeerID, in state: inout State) {
    guard a != b, state.peers[a]?.isJoined == true, state.peers[b]?.isJoined == true,
      state.peers[a]?.connected[b] == nil
    else { return }
    let number = state.nextNumber()
    for (peer, other) in [(a, b), (b, a)] {
      state.peers[peer]?.connected[other] = number
      state.peers[peer]?.tell(.joined(other))
    }
  }

  private static func leave(_ peer: PeerID, in state: inout State) {
    for other in (state.peers[peer]?.connected ?? [:]).keys.sorted() {
      disconnect(peer, other, in: &state)
    }
    state.peers[peer]?.isJoined = false
  }

  private static func disconnect(_ a: PeerID, _ b: PeerID, in state: inout State) {
    guard state.peers[a]?.connected[b] != nil else { return }
    for (peer, other) in [(a, b), (b, a)] {
      state.peers[peer]?.connected[other] = nil
      state.peers[peer]?.failRequests(to: other)
      state.peers[peer]?.tell(.left(other))
    }
  }
}
