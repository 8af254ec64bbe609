import Runtime
import Testing

@Suite struct RandomStreamTests {
  @Test func xoshiro_shouldMatchThePublishedNumbers() {
    // The test vector of rand_xoshiro for the state 1, 2, 3, 4.
    var stream = RandomStream(state: (1, 2, 3, 4))
    let expected: [UInt64] = [
      11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
      607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
      10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
    ]
    #expect(expected.map { _ in stream.next() } == expected)
  }

  @Test func splitMix_shouldMatchThePublishedNumbers() {
    // The test vector of rand_xoshiro for the seed 1477776061723855037.
    var mixer = SplitMix64(state: 1_477_776_061_723_855_037)
    let expected: [UInt64] = [
      1_985_237_415_132_408_290, 2_979_275_885_539_914_483, 13_511_426_838_097_143_398,
      8_488_337_342_461_049_707, 15_141_737_807_933_549_159,
    ]
    #expect(expected.map { _ in mixer.next() } == expected)
  }

  @Test func draws_shouldStayTheSame_soThatSeedsKeepTheirMeaning() {
    var stream = RandomStream(seed: 48, consumer: RandomConsumer(.network, index: 2))
    #expect(stream.next() == 4_621_457_351_496_060_965)
    #expect((0..<8).map { _ in stream.below(100) } == [58, 50, 51, 83, 99, 61, 86, 61])
    #expect(stream.exponential(mean: .milliseconds(40)).wholeNanoseconds == 98_104)
    #expect(stream.bytes(5) == [165, 38, 155, 40, 111])
    var cards = Array(0..<8)
    stream.shuffle(&cards)
    #expect(cards == [1, 6, 2, 4, 0, 5, 7, 3])
  }

  @Test func consumers_shouldHaveUnrelatedStreams() {
    var firsts: Set<UInt64> = []
    var drawn = 0
    for seed: UInt64 in 0..<50 {
      for purpose in RandomConsumer.Stream.allCases {
        for index: UInt32 in 0..<10 {
          var stream = RandomStream(seed: seed, consumer: RandomConsumer(purpose, index: index))
          firsts.insert(stream.next())
          drawn += 1
        }
      }
    }
    #expect(firsts.count == drawn)
  }

  @Test func below_shouldBeUniform() {
    var stream = RandomStream(seed: 7)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<100_000 { counts[stream.below(10)] += 1 }
    // Five standard deviations around 10,000 are ±475.
    #expect(counts.allSatisfy { (9_525...10_475).contains($0) })
    #expect((0..<100).allSatisfy { _ in stream.below(1) == 0 })
    #expect(stream.below(.max) < .max)
  }

  @Test func exponential_shouldHaveTheMeanAndTailOfItsLaw() {
    var stream = RandomStream(seed: 11)
    let mean: Int64 = 40_000_000
    let draws = (0..<100_000).map { _ in
      stream.exponential(mean: .nanoseconds(mean)).wholeNanoseconds
    }
    let average = draws.reduce(0, +) / Int64(draws.count)
    #expect((mean * 98 / 100...mean * 102 / 100).contains(average))
    // P(X > mean) = 1/e and P(X > 3 mean) = 1/e^3.
    #expect((36_000...37_600).contains(draws.count { $0 > mean }))
    #expect((4_600...5_360).contains(draws.count { $0 > 3 * mean }))
    #expect(stream.exponential(mean: .zero) == .zero)
    #expect(stream.exponential(mean: .seconds(-1)) == .zero)
  }

  @Test func chance_shouldDrawEvenWhenItIsCertain() {
    var left = RandomStream(seed: 3)
    var right = RandomStream(seed: 3)
    let (never, always) = (left.chance(perMillion: 0), right.chance(perMillion: 1_000_000))
    #expect(!never && always)
    #expect(left.next() == right.next())
  }

  @Test func pickAndShuffle_shouldReachEveryElement() {
    var stream = RandomStream(seed: 5)
    #expect(stream.pick([Int]()) == nil)
    #expect(Set((0..<200).map { _ in stream.pick(10..<15) }).count == 5)
    var orders: Set<[Int]> = []
    for _ in 0..<500 {
      var cards = [1, 2, 3, 4]
      stream.shuffle(&cards)
      orders.insert(cards)
    }
    #expect(orders.count == 24)
  }

  @Test func duration_shouldStayInItsRange() {
    var stream = RandomStream(seed: 9)
    let range = Duration.milliseconds(5)...Duration.milliseconds(6)
    #expect((0..<1000).allSatisfy { _ in range.contains(stream.duration(in: range)) })
    #expect(stream.duration(in: .seconds(1) ... .seconds(1)) == .seconds(1))
  }
}

@Suite struct MomentTests {
  @Test func arithmetic_shouldClampAtTheEnds() {
    #expect(Moment.start.advanced(by: .milliseconds(1500)).nanoseconds == 1_500_000_000)
    #expect(Moment.never.advanced(by: .seconds(1)) == .never)
    #expect(Moment(nanoseconds: .min).advanced(by: .seconds(-1)).nanoseconds == .min)
    #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
    #expect(Moment(nanoseconds: 7).duration(to: Moment(nanoseconds: 4)) == .nanoseconds(-3))
    #expect(Moment(nanoseconds: .min).duration(to: .never) == .nanoseconds(Int64.max))
  }

  @Test func description_shouldShowSeconds() {
    #expect("\(Moment(nanoseconds: 3_004_000_000))" == "3.004000000 s")
    #expect("\(Moment(nanoseconds: -5))" == "-0.000000005 s")
  }
}
