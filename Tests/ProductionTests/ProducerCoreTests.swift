import Primitives
import Production
import Runtime
import TestSupport
import Testing

@Suite struct ProducerCoreTests {
  /// What the rules say, in whole milliseconds and without memory of anything but the facts.
  private struct Model {
    var blockTime = 1_000
    var skipAfter = 2_000
    var parent = Hash256.zero
    var parentTime = 0
    /// When the parent was seen first, by the runtime and by the clock of the day.
    var seen = 0
    var wallThen = 0
    var isMacro = false
    var ownsSlot = false
    var isForfeit = false
    var retryAt = 0
    var failures = 0

    var due: Int { seen + min(blockTime, max(0, parentTime + blockTime - wallThen)) }
    var isOwner: Bool { ownsSlot && !isForfeit }

    func step(now: Int, wall: Int) -> ProducerCore.Step {
      let moment = max(isOwner ? due : due + skipAfter, retryAt)
      if now < moment { return .wait(until: Moment(nanoseconds: Int64(moment) * 1_000_000)) }
      if isMacro { return .macro }
      return isOwner ? .micro(milliseconds: UInt64(max(parentTime + 1, wall))) : .skip
    }

    mutating func fail(now: Int, forfeit: Bool) {
      if forfeit, !isForfeit {
        isForfeit = true
        return
      }
      retryAt = now + blockTime << min(failures, 4)
      failures += 1
    }
  }

  private static func sight(_ model: Model, now: Int, wall: Int) -> ProducerCore.Sight {
    .init(
      parent: model.parent, parentMilliseconds: UInt64(model.parentTime),
      isMacro: model.isMacro, ownsSlot: model.ownsSlot,
      now: Moment(nanoseconds: Int64(now) * 1_000_000), milliseconds: UInt64(wall))
  }

  @Test func core_shouldDoWhatThePlainModelDoes_whateverTheClocksShow() {
    for seed in 0..<Campaign.seeds("LIVESYNC_PRODUCER_SEEDS", default: 300) {
      var generator = SeededGenerator(seed: seed)
      var model = Model()
      model.blockTime = 1 + generator.below(2_000)
      model.skipAfter = 1 + generator.below(3_000)
      var core = ProducerCore(
        blockTime: .milliseconds(model.blockTime), skipAfter: .milliseconds(model.skipAfter))
      var now = 0
      for _ in 0..<60 {
        now += generator.below(1_500)
        // Another machine's clock may be off by hours.
        let wall = 10_000_000 + now + generator.below(5) - 2
        if generator.chance(30) || model.parent == .zero {
          model.parent = Blake2b256.hash(generator.bytes(8))
          let isOff = generator.chance(20)
          model.parentTime =
            wall - model.blockTime + generator.below(2 * model.blockTime)
            + (isOff ? 7_200_000 * (generator.below(3) - 1) : 0)
          model.seen = now
          model.wallThen = wall
          model.isMacro = generator.chance(20)
          model.ownsSlot = generator.chance(50)
          model.isForfeit = false
          model.failures = 0
          model.retryAt = 0
        }
        let step = core.step(Self.sight(model, now: now, wall: wall))
        #expect(step == model.step(now: now, wall: wall), "seed \(seed)")
        let moment = Moment(nanoseconds: Int64(now) * 1_000_000)
        #expect(
          core.allowsSkip(on: model.parent, at: moment)
            == (now * 2 >= model.due * 2 + model.skipAfter), "seed \(seed)")
        #expect(!core.allowsSkip(on: .zero, at: moment), "seed \(seed)")
        if case .wait = step { continue }
        guard generator.chance(60) else { continue }
        let forfeit = generator.chance(30)
        core.failed(at: moment, isForfeit: forfeit)
        model.fail(now: now, forfeit: forfeit)
      }
    }
  }

  @Test func failures_shouldDoubleThePause_upToItsLimit() {
    var core = ProducerCore(blockTime: .seconds(1), skipAfter: .seconds(2))
    var model = Model()
    model.parent = Blake2b256.hash([1])
    model.ownsSlot = true
    var now = 5_000
    var pauses: [Int] = []
    for _ in 0..<ProductionLimits.retryDoublingsMax + 3 {
      _ = core.step(Self.sight(model, now: now, wall: now))
      core.failed(at: Moment(nanoseconds: Int64(now) * 1_000_000))
      guard case .wait(let next) = core.step(Self.sight(model, now: now, wall: now)) else {
        Issue.record("no pause")
        return
      }
      pauses.append(Int(next.nanoseconds / 1_000_000) - now)
      now += pauses.last ?? 0
    }
    let longest = 1_000 << ProductionLimits.retryDoublingsMax
    #expect(pauses == [1_000, 2_000, 4_000, 8_000, 16_000, longest, longest])
  }
}
