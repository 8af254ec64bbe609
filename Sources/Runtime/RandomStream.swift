/// A reproducible stream of random numbers: xoshiro256** 1.0 (Blackman and Vigna 2018), its state
/// filled by SplitMix64 (Steele, Lea and Flood 2014).
///
/// All draws are integer arithmetic, so a seed gives the same numbers on every platform. Not for
/// secrets. A value: a copy repeats the numbers of the original.
public struct RandomStream: RandomNumberGenerator, Sendable {
  @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)

  /// The stream of `consumer` under `seed`.
  public init(seed: UInt64, consumer: RandomConsumer) {
    // Each input passes the mixer before the next is added: close seeds and consumers give
    // unrelated streams.
    var mixer = SplitMix64(state: seed)
    mixer = SplitMix64(
      state: mixer.next() ^ UInt64(consumer.stream.rawValue) << 32 ^ UInt64(consumer.index))
    self.init(state: (mixer.next(), mixer.next(), mixer.next(), mixer.next()))
  }

  /// A stream that belongs to no consumer.
  public init(seed: UInt64) {
    var mixer = SplitMix64(state: seed)
    self.init(state: (mixer.next(), mixer.next(), mixer.next(), mixer.next()))
  }

  /// The generator in a given state, which must not be all zero (such a state only yields zeros).
  package init(state: (UInt64, UInt64, UInt64, UInt64)) {
    precondition(state != (0, 0, 0, 0), "xoshiro256** has no all-zero state")
    self.state = state
  }

  /// The next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    let product = state.1 &* 5
    let result = (product &<< 7 | product &>> 57) &* 9
    let shifted = state.1 &<< 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = state.3 &<< 45 | state.3 &>> 19
    return result
  }
}

/// SplitMix64, which spreads a seed over larger states.
package struct SplitMix64 {
  package var state: UInt64

  package init(state: UInt64) {
    self.state = state
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// The output function: a bijection of 64 bits that spreads every input bit.
  package static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z &>> 31)
  }
}
