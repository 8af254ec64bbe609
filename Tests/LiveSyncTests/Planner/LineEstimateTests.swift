import LiveSync
import Messages
import Networking
import Runtime
import StateTrie
import Testing

/// Chunks leave room on the line for blocks and diffs.
@Suite struct LineEstimateTests {
  typealias Limits = LiveSyncLimits

  private static func at(_ milliseconds: Int64) -> Moment {
    Moment(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func line_shouldCarryWhatCameInItsBestTime() {
    var line = LineEstimate()
    #expect(line.bytesMax == nil)
    line.add(100_000, in: .milliseconds(100), isAlone: true, at: Self.at(0))
    line.add(10_000, in: .milliseconds(200), isAlone: true, at: Self.at(1_000))
    // A megabyte a second, for the round trip of 100 ms and the time of the line.
    let time = Limits.lineTime + .milliseconds(100)
    #expect(line.bytesMax == Int(time.wholeNanoseconds / 1_000))
    // The good time is forgotten.
    line.add(10_000, in: .milliseconds(200), isAlone: true, at: Self.at(40_000))
    #expect((line.bytesMax ?? .max) < 100_000)
  }

  @Test func line_shouldNotGrow_byWhatWaitsInIt() {
    var line = LineEstimate()
    line.add(100_000, in: .milliseconds(100), isAlone: true, at: Self.at(0))
    let most = line.bytesMax
    // Every answer waits behind others for as long as the line may be full, at the same rate.
    for step in 1...1_000 {
      line.add(3_000_000, in: .seconds(3), isAlone: false, at: Self.at(Int64(step) * 100))
    }
    #expect(line.bytesMax == most)
  }

  @Test func chunks_shouldYield_whileBlocksWait() {
    let peers = (1...4).map { PeerID(UInt32($0)) }
    func orders(_ wait: Duration) -> Int {
      var planner = RangePlanner(itemsMax: MessageLimits.chunkItemsMax)
      return planner.fill(peers, missing: .all, urgentWait: wait, at: .start).count
    }
    #expect(orders(.zero) == peers.count * Limits.chunkWindowFirst)
    #expect(orders(Limits.urgentPatience) == peers.count * Limits.chunkWindowFirst)
    #expect(orders(Limits.urgentPatience + .milliseconds(1)) == 1)
    #expect(orders(Limits.urgentPatience * 2 + .milliseconds(1)) == 0)
  }
}
