import Locking
import LoopbackNetworking
import Networking
import Runtime
import SimulatedNetworking
import Testing

/// The network of threads. Runs in virtual time where the order matters, and on all threads where
/// they are to meet.
@Suite struct LoopbackNetworkTests {
  /// Runs `body` in virtual time; nothing may be left.
  private static func run(
    latency: Duration = .zero,
    _ body: @escaping @Sendable (LoopbackNetwork, SimulatedRuntime) async -> Void
  ) {
    let runtime = SimulatedRuntime(seed: 1)
    let network = LoopbackNetwork(runtime: runtime, latency: latency)
    #expect(runtime.run { await body(network, runtime) } == .done)
    network.shutdown()
    #expect(runtime.shutdown() == [] && runtime.foreignJobs == 0)
  }

  private static func outcome(
    _ network: any Network, _ type: RequestType = .head, _ payload: [UInt8] = [1],
    to peer: UInt32 = 1, answerBytesMax: Int = 100
  ) async -> String {
    do throws(RequestError) {
      let answer = try await network.send(
        type, payload, to: PeerID(peer), timeout: .seconds(1), answerBytesMax: answerBytesMax)
      return "\(answer)"
    } catch {
      return error.reason
    }
  }

  @Test func requests_shouldEndOnce_inEveryWay() {
    Self.run(latency: .milliseconds(10)) { network, runtime in
      let asking = network.endpoint(for: PeerID(0))
      let serving = network.endpoint(for: PeerID(1))
      serving.serve(.head) { peer, payload in payload + [UInt8(peer.number)] }
      serving.serve(.plain) { _, _ in nil }
      serving.serve(.chunk) { _, _ in
        try? await runtime.sleep(for: .seconds(5))
        return []
      }
      #expect(asking.connectedPeers() == [PeerID(1)])
      #expect(await Self.outcome(asking) == "[1, 0]")
      #expect(runtime.now == Moment(nanoseconds: 20_000_000))
      #expect(await Self.outcome(asking, answerBytesMax: 1) == "too_large")
      #expect(await Self.outcome(asking, .plain) == "refused")
      #expect(await Self.outcome(asking, .rare) == "refused")
      #expect(await Self.outcome(asking, .chunk) == "timeout")
      #expect(await Self.outcome(asking, to: 7) == "disconnected")
      runtime.spawn("leave") {
        try? await runtime.sleep(for: .milliseconds(100))
        network.leave(PeerID(1))
      }
      #expect(await Self.outcome(asking, .chunk) == "disconnected")
      #expect(await Self.outcome(asking) == "disconnected")
      network.join(PeerID(1))
      #expect(await Self.outcome(asking) == "[1, 0]")
      network.remove(PeerID(1))
      #expect(serving.connectedPeers() == [] && asking.connectedPeers() == [])
    }
  }

  @Test func gossip_shouldGoOn_onlyWhenItWasAccepted() {
    Self.run { network, runtime in
      let peers = (0..<3).map { network.endpoint(for: PeerID($0)) }
      // The publisher is not connected with the last one.
      network.disconnect(PeerID(0), PeerID(2))
      let (near, far) = (peers[1].subscribe(.blockHeader), peers[2].subscribe(.blockHeader))
      for (payload, verdict) in [([1], .ignore), ([2], .accept)] as [([UInt8], Acceptance)] {
        for _ in 0..<2 { await peers[0].publish(.blockHeader, payload) }
        let message = await near.next()
        #expect(message?.payload == payload && message?.from == PeerID(0))
        if let message { peers[1].report(message.id, verdict) }
      }
      #expect(await far.next()?.payload == [2])
      #expect(near.count == 0 && far.count == 0)
    }
  }

  @Test func peerEvents_shouldTellWhoComesAndGoes() {
    Self.run { network, _ in
      let node = network.endpoint(for: PeerID(0))
      var events = node.peerEvents().makeAsyncIterator()
      _ = network.endpoint(for: PeerID(1))
      #expect(await events.next() == .joined(PeerID(1)))
      node.disconnect(PeerID(1), reason: "test")
      #expect(await events.next() == .left(PeerID(1)))
      network.connect(PeerID(0), PeerID(1))
      #expect(await events.next() == .joined(PeerID(1)))
    }
  }

  @Test func interceptor_shouldChangeDropAndDelay() {
    Self.run { network, runtime in
      let asking = network.endpoint(for: PeerID(0))
      network.endpoint(for: PeerID(1)).serve(.head) { _, payload in payload }
      network.setInterceptor(
        { message in
          guard message.kind == .response(.head), message.direction == .outgoing else {
            return .pass
          }
          switch message.payload {
          case [1]: return .replace([9])
          case [2]: return .drop
          default: return .delay(.milliseconds(500))
          }
        }, for: PeerID(1))
      #expect(await Self.outcome(asking) == "[9]")
      #expect(await Self.outcome(asking, .head, [2]) == "timeout")
      let before = runtime.now
      #expect(await Self.outcome(asking, .head, [3]) == "[3]")
      #expect(before.duration(to: runtime.now) == .milliseconds(500))
    }
  }

  @Test func messages_shouldBeLost_whenTheInboxIsFull() {
    Self.run { network, runtime in
      let sending = network.endpoint(for: PeerID(0))
      let heard = network.endpoint(for: PeerID(1)).subscribe(.blockBody)
      // Nobody takes anything in before this task waits.
      for number in 0..<LoopbackLimits.inboxMessagesMax + 5 {
        await sending.publish(.blockBody, [UInt8(number & 255), UInt8(number >> 8)])
      }
      #expect(network.lost == 5)
      try? await runtime.sleep(for: .seconds(1))
      #expect(heard.count > 0)
      let before = network.lost
      let size = LoopbackLimits.inboxBytesMax / 16
      for number in 0..<17 as Range<UInt8> {
        await sending.publish(.blockBody, [number] + [UInt8](repeating: 0, count: size - 1))
      }
      #expect(network.lost == before + 1)
    }
  }

  @Test func messages_shouldBeLost_whenTooManyAreDelayed() {
    Self.run(latency: .seconds(1)) { network, _ in
      let sending = network.endpoint(for: PeerID(0))
      _ = network.endpoint(for: PeerID(1))
      for number in 0..<LoopbackLimits.delayedMessagesMax + 3 {
        await sending.publish(.blockBody, [UInt8(number & 255), UInt8(number >> 8)])
      }
      #expect(network.lost == 3)
    }
  }

  /// Peers on all threads ask each other, publish, come and go at once.
  @Test(.timeLimit(.minutes(1)))
  func everything_shouldEnd_whenThreadsMeet() async {
    let runtime = SystemRuntime(seed: 1)
    let network = LoopbackNetwork(runtime: runtime, latency: .microseconds(10))
    let peers = (0..<4).map { network.endpoint(for: PeerID($0)) }
    let (answered, ended) = (Count(), Count())
    await withDiscardingTaskGroup { group in
      for peer in peers {
        peer.serve(.head) { _, payload in payload.reversed() }
        let messages = peer.subscribe(.blockHeader)
        group.addTask { for await message in messages { peer.report(message.id, .accept) } }
        let events = peer.peerEvents()
        group.addTask { for await _ in events {} }
      }
      await withDiscardingTaskGroup { group in
        for peer in peers {
          group.addTask {
            for round in 0..<200 {
              let payload = [UInt8(round), UInt8(peer.number), 7]
              await peer.publish(.blockHeader, payload)
              let other = (peer.number + 1 + UInt32(round) % 3) % 4
              let outcome = await Self.outcome(peer, .head, payload, to: other)
              if outcome == "\(Array(payload.reversed()))" { answered.add() }
              ended.add()
              if round % 20 == 19 { peer.disconnect(PeerID(other), reason: "test") }
              if round % 20 == 10 { network.connect(peer.local, PeerID(other)) }
            }
          }
        }
      }
      network.shutdown()
    }
    #expect(ended.value == 800 && answered.value > 200, "\(answered.value)")
  }
}

/// Counts on many threads.
private final class Count: Sendable {
  private let count = Lock(0)

  func add() { count.withLock { $0 += 1 } }
  var value: Int { count.withLock { $0 } }
}

extension Network {
  fileprivate var number: UInt32 { local.number }
}
