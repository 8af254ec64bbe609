import CRDT
import TestSupport
import Testing

/// The laws of every type over random histories. `LIVESYNC_CRDT_HISTORIES` says how many, beginning
/// at the seed `LIVESYNC_CRDT_SEED`.
@Suite struct LawTests {
  @Test(arguments: LawTable.types)
  func type_shouldKeepTheLaws(type: String) throws {
    let first = Campaign.seeds("LIVESYNC_CRDT_SEED", default: 0)
    let count = Campaign.seeds("LIVESYNC_CRDT_HISTORIES", default: 300)
    let table = LawTable(seeds: first..<first + count, types: [type])
    let row = try #require(table.rows.first)
    if let failure = row.failure {
      Issue.record("\(type), seed \(failure.seed): \(failure.law.rawValue): \(failure.detail)")
    }
    #expect(table.isKept && Law.allCases.allSatisfy { row.kept($0) == row.histories })
  }
}
