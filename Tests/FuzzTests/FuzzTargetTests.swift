import FuzzTargets
import Primitives
import TestSupport
import Testing

/// The fuzzer's entry points without the fuzzer: over their seeds and mutations of these.
@Suite(.serialized) struct FuzzTargetTests {
  @Test(arguments: FuzzTarget.all.map(\.name))
  func target_shouldHoldItsPromise_forSeedsAndTheirMutations(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let seeds = target.seeds()
    #expect(!seeds.isEmpty && (seeds.contains { !$0.isEmpty }))
    var generator = SeededGenerator(seed: 4)
    let mutations = Campaign.seeds("LIVESYNC_FUZZ_MUTATIONS", default: 5_000)
    // Long inputs take long; each target gets about the same number of bytes.
    let bytes = seeds.map(\.count).reduce(0, +) / seeds.count
    let rounds = max(20, Int(mutations) * 500 / max(500, bytes))
    for round in 0..<(seeds.count + rounds) {
      let seed = seeds[round % seeds.count]
      let input = round < seeds.count ? seed : generator.mutated(seed)
      let finding = TrapReport.naming("\(name), round \(round), \(input.prefix(200))") {
        target.finding(in: input)
      }
      guard let finding else { continue }
      Issue.record("\(name), round \(round): \(finding)\n\(input)")
      return
    }
  }

  /// A decoder that takes every byte for a boolean.
  private struct LaxFlag: WireCodable {
    let flag: Bool

    init(flag: Bool) { self.flag = flag }
    init(from decoder: inout WireDecoder) throws(WireError) { flag = try decoder.byte() != 0 }
    func encode(to encoder: inout WireEncoder) { encoder.append(flag) }
  }

  @Test func plantedFault_shouldBeFound() {
    let target = FuzzTarget.wire("lax", [.init(LaxFlag.self) { [LaxFlag(flag: true)] }])
    let seed = target.seeds()[0]
    #expect(target.finding(in: seed) == nil)
    var generator = SeededGenerator(seed: 4)
    #expect((0..<1_000).contains { _ in target.finding(in: generator.mutated(seed)) != nil })
  }

  @Test func names_shouldBeUnique() {
    #expect(Set(FuzzTarget.all.map(\.name)).count == FuzzTarget.all.count)
  }
}
