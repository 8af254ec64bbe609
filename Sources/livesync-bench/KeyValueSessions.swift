import CRDT
import Foundation
import KeyValue
import LoopbackNetworking
import Networking
import Primitives
import Reconciliation
import Runtime

/// Two key-value stores in one process, on the thread of one event loop, that differ in some keys
/// and become equal by a session over a loopback network.
struct KeyValueSessions {
  let keys: Int
  let different: Int

  /// What one session took.
  struct Taken {
    let mode: AntiEntropyMode
    let bytes: Int
    let seconds: Double
    let strategies: String
    let repaired: Int
    /// The longest time in which the loop did nothing else.
    let pause: Double
  }

  /// What views cost a store.
  struct Views {
    /// Seconds: taking one, reading tree and symbols of it, the first batch of 1,000 writes after
    /// that, the same without a view, and making the index over ids.
    var view = 0.0
    var content = 0.0
    var write = 0.0
    var plainWrite = 0.0
    var names = 0.0
    /// Bytes a key beside keys and values, without and with that index.
    var bytes = 0.0
    var bytesWithNames = 0.0
  }

  /// `@unchecked Sendable`: used on the loop's thread only.
  final class Store: KeyValueHost, @unchecked Sendable {
    var core: KeyValueCore
    private var now: UInt64 = 1_700_000_000_000

    init(_ replica: UInt64) {
      core = KeyValueCore(
        KeyValueSettings(
          replica: ReplicaID(replica), tableKey: SipKey(low: replica, high: 1), seed: replica,
          keepsTombstones: true), at: 1_700_000_000_000)
    }

    func withCore<Output, Failure: Error>(
      _ body: (inout KeyValueCore) throws(Failure) -> Output
    ) throws(Failure) -> Output { try body(&core) }

    func commit(
      _ body: (inout KeyValueCore) -> Void, then done: @escaping @Sendable (String?) -> Void
    ) {
      core.beginBatch(at: now)
      body(&core)
      core.finishBatch()
      core.endBatch()
      done(nil)
    }

    /// Writes keys `range` of 32 bytes each, at a time.
    func write(_ range: Range<Int>, at milliseconds: UInt64) {
      now = max(now, milliseconds)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 1_000) {
        commit(
          { core in
            for key in start..<min(range.upperBound, start + 1_000) {
              let version = HybridTime(ticks: milliseconds << 16, replica: ReplicaID(9))
              let value = Array("value \(key) of \(milliseconds)".utf8)
              _ = try? core.apply(
                .set(
                  key: Array("key:\(key)".utf8), kind: .bytes, value: value, version: version,
                  expiry: 0))
            }
          }, then: { _ in })
      }
    }
  }

  private final class Results: @unchecked Sendable {
    var taken: [Taken] = []
    var views = Views()
  }

  func run() throws -> (sessions: [Taken], views: Views) {
    let runtime = try EventLoopRuntime()
    let results = Results()
    let done = DispatchSemaphore(value: 0)
    runtime.spawn("benchmark") {
      await measure(runtime, results)
      done.signal()
    }
    done.wait()
    runtime.shutdown()
    return (results.taken, results.views)
  }

  private static func peer(_ number: UInt32) -> PeerID {
    PeerID(
      identity: NodeIdentity(key: PublicKey(raw: Blake2b256.hash([UInt8(number)]))),
      number: number)
  }

  private static func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return start.duration(to: .now) / .seconds(1)
  }

  private func measure(_ runtime: EventLoopRuntime, _ results: Results) async {
    let (a, b) = (Store(1), Store(2))
    for store in [a, b] { store.write(0..<keys, at: 1_700_000_000_000) }
    results.views = views(of: a)
    b.write(0..<1_000, at: 1_700_000_000_900)
    let network = LoopbackNetwork(runtime: runtime)
    var sessions: [AntiEntropy] = []
    for (number, store) in [a, b].enumerated() {
      let session = AntiEntropy(
        store, network: network.endpoint(for: Self.peer(UInt32(number))), runtime: runtime,
        random: RandomStream(seed: UInt64(number), consumer: RandomConsumer(.workload)))
      session.serve()
      sessions.append(session)
    }
    _ = await sessions[0].session(with: Self.peer(1))
    var time: UInt64 = 1_700_000_001_000
    for mode in AntiEntropyMode.allCases {
      // Every thousandth, as it were: keys lie by their hashes.
      b.write(0..<different, at: time)
      time += 1_000
      let watch = Watch(runtime)
      let start = ContinuousClock.now
      let outcome = await sessions[0].session(with: Self.peer(1), mode: mode)
      let seconds = start.duration(to: .now) / .seconds(1)
      results.taken.append(
        Taken(
          mode: mode, bytes: outcome.sentBytes + outcome.receivedBytes, seconds: seconds,
          strategies: outcome.strategies.map(\.name).joined(separator: ", "),
          repaired: outcome.keysRepaired, pause: watch.stop()))
    }
    let idle = await sessions[0].session(with: Self.peer(1))
    results.taken.append(
      Taken(
        mode: .auto, bytes: idle.sentBytes + idle.receivedBytes, seconds: 0, strategies: "none",
        repaired: 0, pause: 0))
    network.shutdown()
  }

  private func views(of store: Store) -> Views {
    var views = Views()
    let bytes = { Double(store.core.overheadBytes) / Double(keys) }
    store.core.settle()
    views.bytes = bytes()
    views.plainWrite = Self.seconds { store.write(0..<1_000, at: 1_700_000_000_300) }
    store.core.settle()
    views.names = Self.seconds { while store.core.growNames() {} }
    views.bytesWithNames = bytes()
    let replica = KeyValueReplica(store)
    var view: KeyValueView?
    views.view = Self.seconds { view = replica.current() }
    views.content = Self.seconds { _ = view?.probe(symbols: 1) }
    views.write = Self.seconds {
      store.write(0..<1_000, at: 1_700_000_000_600)
      store.core.settle()
    }
    withExtendedLifetime(view) {}
    return views
  }

  /// Looks every millisecond how long the loop was away.
  ///
  /// `@unchecked Sendable`: used on the loop's thread only.
  private final class Watch: @unchecked Sendable {
    private let runtime: EventLoopRuntime
    private var longest = Duration.zero
    private var isStopped = false

    init(_ runtime: EventLoopRuntime) {
      self.runtime = runtime
      look(due: runtime.now)
    }

    private func look(due: Moment) {
      longest = max(longest, due.duration(to: runtime.now))
      guard !isStopped else { return }
      let next = runtime.now.advanced(by: .milliseconds(1))
      runtime.schedule(at: next) { [self] in look(due: next) }
    }

    func stop() -> Double {
      isStopped = true
      return longest / .seconds(1)
    }
  }
}
