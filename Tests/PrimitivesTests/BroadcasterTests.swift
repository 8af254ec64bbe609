import Primitives
import Testing

@Suite struct BroadcasterTests {
  @Test func everySubscriber_shouldGetEverything_fromItsBeginningOn() async {
    let broadcaster = Broadcaster<Int>(capacity: 9, whenFull: .end)
    let first = broadcaster.subscribe()
    broadcaster.send(1)
    let second = broadcaster.subscribe()
    broadcaster.send(2)
    broadcaster.finish()
    #expect(await Self.all(first) == [1, 2])
    #expect(await Self.all(second) == [2])
    // One that comes too late does not wait for ever.
    #expect(await Self.all(broadcaster.subscribe()) == [])
  }

  @Test func subscriber_shouldLoseTheOldest_orEnd_whenItDoesNotRead() async {
    let losing = Broadcaster<Int>(capacity: 3, whenFull: .loseOldest)
    let late = losing.subscribe()
    for number in 1...5 { losing.send(number) }
    losing.finish()
    #expect(await Self.all(late) == [3, 4, 5])
    let ending = Broadcaster<Int>(capacity: 3, whenFull: .end)
    let ended = ending.subscribe()
    for number in 1...5 { ending.send(number) }
    #expect(ending.count == 0)
    #expect(await Self.all(ended) == [1, 2, 3])
  }

  @Test func subscriber_shouldBeForgotten_whenItIsGone() {
    let broadcaster = Broadcaster<Int>(capacity: 1, whenFull: .loseOldest)
    let kept = broadcaster.subscribe()
    do {
      let gone = broadcaster.subscribe()
      #expect(broadcaster.count == 2)
      _ = gone
    }
    #expect(broadcaster.count == 1)
    _ = kept
  }

  @Test func subscribers_shouldNotWait_whenTheBroadcasterIsGone() async {
    var broadcaster: Broadcaster<Int>? = Broadcaster(capacity: 1, whenFull: .end)
    let stream = broadcaster?.subscribe()
    broadcaster = nil
    for await _ in stream ?? AsyncStream(unfolding: { nil }) { Issue.record("nothing was sent") }
  }

  private static func all(_ stream: AsyncStream<Int>) async -> [Int] {
    var all: [Int] = []
    for await element in stream { all.append(element) }
    return all
  }
}
