import Primitives
import Simulation
import Testing

/// When a node that stands on an older block still follows.
@Suite struct HeadTrackTests {
  static func hash(_ number: UInt8) -> Hash256 { Blake2b256.hash([number]) }

  /// Heads 0…9, made every 10 ns; each must have arrived after `path`.
  static func track(path: Int64) -> HeadTrack {
    var track = HeadTrack()
    for number in 0..<10 as Range<UInt8> {
      let now = Int64(number) * 10
      track.add(hash(number), due: now + path, now: now)
    }
    return track
  }

  @Test func theHeadItself_shouldBeDemanded_whenThePathIsShorterThanAnInterval() {
    let track = Self.track(path: 9)
    #expect(track.isFollowed(by: Self.hash(9), now: 99))
    #expect(!track.isFollowed(by: Self.hash(8), now: 99))
    // It has not arrived yet.
    #expect(track.isFollowed(by: Self.hash(8), now: 98))
  }

  @Test(arguments: [0, 1, 10, 25, 30, 55, 89] as [Int64])
  func aNode_shouldBeOnePathBehindAtMost(path: Int64) {
    let track = Self.track(path: path)
    for now in 90...99 as ClosedRange<Int64> {
      for number in 0..<10 as Range<UInt8> {
        let next = Int64(number + 1) * 10
        let isExcused = number == 9 || next + path > now
        #expect(
          track.isFollowed(by: Self.hash(number), now: now) == isExcused,
          "path \(path), head \(number) at \(now)")
      }
    }
  }

  @Test func aBlockThatWasNeverHead_shouldNotCount() {
    let track = Self.track(path: 1_000)
    #expect(!track.isFollowed(by: Self.hash(77), now: 95))
    #expect(!HeadTrack().isFollowed(by: Self.hash(0), now: 0))
  }

  @Test func standingStill_shouldNeverDo() {
    var track = HeadTrack()
    for number in 0..<200 as Range<UInt8> {
      let now = Int64(number) * 10
      track.add(Self.hash(number), due: now + 300, now: now)
      #expect(track.isFollowed(by: Self.hash(0), now: now) == (now < 310), "block \(number)")
    }
  }
}
