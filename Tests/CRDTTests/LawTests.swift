import CRDT
import Primitives
import TestSupport
import Testing

/// The laws of every type over random histories. `LIVESYNC_CRDT_HISTORIES` says how many, beginning
/// at the seed `LIVESYNC_CRDT_SEED`.
@Suite struct LawTests {
  private func check<Subject: LawSubject>(_ type: Subject.Type) {
    let first = Campaign.seeds("LIVESYNC_CRDT_SEED", default: 0)
    for seed in first..<first + Campaign.seeds("LIVESYNC_CRDT_HISTORIES", default: 300) {
      let history = LawHistory<Subject>(seed: seed)
      guard history.failure() != nil else { continue }
      let smallest = history.shrunk()
      Issue.record("\(type), seed \(seed): \(smallest.failure() ?? "") after \(smallest.steps)")
      return
    }
  }

  @Test func growOnlyCounter_shouldKeepTheLaws() { check(GCounter.self) }
  @Test func counter_shouldKeepTheLaws() { check(PNCounter.self) }
  @Test func lastWriterRegister_shouldKeepTheLaws() { check(LWWRegister.self) }
  @Test func multiValueRegister_shouldKeepTheLaws() { check(MVRegister.self) }
  @Test func growOnlySet_shouldKeepTheLaws() { check(GSet.self) }
  @Test func addWinsSet_shouldKeepTheLaws() { check(ORSet.self) }
  @Test func removeWinsSet_shouldKeepTheLaws() { check(RWSet.self) }
  @Test func enableWinsFlag_shouldKeepTheLaws() { check(EWFlag.self) }
  @Test func disableWinsFlag_shouldKeepTheLaws() { check(DWFlag.self) }
  @Test func map_shouldKeepTheLaws() { check(ORMap.self) }
  @Test func text_shouldKeepTheLaws() { check(RGAText.self) }
}
