import Networking
import Runtime

/// Where planned faults reach into a node's process: between the node and its clock, and between
/// the node and the answers it waits for. Several may act at a time; each is taken back for itself.
///
/// `@unchecked Sendable`: used on the simulation's thread only.
final class NodeSeam: @unchecked Sendable {
  private struct Effect<Value> {
    let number: Int
    let value: Value
    let fired: () -> Void
  }

  /// Least time after which a timer rings early: who looks again and again must let time pass.
  private static let sleepMin = Duration.milliseconds(1)

  private var pauses: [Effect<Moment>] = []
  private var divisors: [Effect<Int>] = []
  private var timeouts: [Effect<Duration>] = []
  private var effects = 0

  private func add<Value>(
    _ value: Value, to path: ReferenceWritableKeyPath<NodeSeam, [Effect<Value>]>,
    _ fired: @escaping () -> Void
  ) -> FaultUndo {
    effects += 1
    let number = effects
    self[keyPath: path].append(Effect(number: number, value: value, fired: fired))
    return { [self] in self[keyPath: path].removeAll { $0.number == number } }
  }

  /// No timer rings before `end`.
  func pause(until end: Moment, _ fired: @escaping () -> Void) -> FaultUndo {
    add(end, to: \.pauses, fired)
  }

  /// Timers that are set from now on ring so many times earlier.
  func hurry(_ factor: Int, _ fired: @escaping () -> Void) -> FaultUndo {
    add(factor, to: \.divisors, fired)
  }

  /// Requests that are sent from now on wait no longer than this.
  func shorten(to timeout: Duration, _ fired: @escaping () -> Void) -> FaultUndo {
    add(timeout, to: \.timeouts, fired)
  }

  /// When a timer rings that is set for `moment`.
  fileprivate func ring(at moment: Moment, now: Moment) -> Moment {
    guard let hurry = divisors.last, now < moment else { return moment }
    hurry.fired()
    let left = now.duration(to: moment)
    return now.advanced(by: min(left, max(Self.sleepMin, left / hurry.value)))
  }

  /// Until when a timer waits that would ring now; nil if it rings.
  fileprivate func pauseEnd(now: Moment) -> Moment? {
    guard let pause = pauses.filter({ $0.value > now }).max(by: { $0.value < $1.value }) else {
      return nil
    }
    pause.fired()
    return pause.value
  }

  /// How long a request waits that would wait for `timeout`.
  fileprivate func timeout(_ timeout: Duration) -> Duration {
    guard let shortest = timeouts.min(by: { $0.value < $1.value }), shortest.value < timeout else {
      return timeout
    }
    shortest.fired()
    return shortest.value
  }
}

/// The runtime as a node with a seam has it.
struct SeamedRuntime: Runtime {
  let base: SimulatedRuntime
  let seam: NodeSeam

  var now: Moment { base.now }

  func sleep(until moment: Moment) async throws(CancellationError) {
    try await base.sleep(until: seam.ring(at: moment, now: base.now))
    while let end = seam.pauseEnd(now: base.now) { try await base.sleep(until: end) }
  }

  func spawn(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SpawnedTask {
    base.spawn(name, body)
  }

  func worker(_ name: String) -> any Worker { base.worker(name) }

  func randomStream(_ consumer: RandomConsumer) -> RandomStream { base.randomStream(consumer) }
}

/// The network as a node with a seam has it.
struct SeamedNetwork: Network {
  let base: any Network
  let seam: NodeSeam

  var local: PeerID { base.local }

  func connectedPeers() -> [PeerID] { base.connectedPeers() }

  func peerEvents() -> AsyncStream<PeerEvent> { base.peerEvents() }

  func subscribe(_ topic: Topic) -> GossipSubscription { base.subscribe(topic) }

  func publish(_ topic: Topic, _ payload: [UInt8]) async { await base.publish(topic, payload) }

  func report(_ id: GossipID, _ acceptance: Acceptance) { base.report(id, acceptance) }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    try await base.send(
      type, payload, to: peer, timeout: seam.timeout(timeout), answerBytesMax: answerBytesMax)
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) { base.serve(type, handler) }

  func disconnect(_ peer: PeerID, reason: String) { base.disconnect(peer, reason: reason) }
}
