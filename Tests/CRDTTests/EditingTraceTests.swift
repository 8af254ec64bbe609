import CRDT
import Foundation
import TestSupport
import Testing

@Suite struct EditingTraceTests {
  @Test func paper() throws {
    let trace = try EditingTrace.load("automerge-paper")
    let start = Date()
    var text = RGAText()
    let me = ReplicaID(1)
    for transaction in trace.transactions {
      for patch in transaction.patches {
        if patch.deleted > 0 {
          _ = try text.delete(patch.position..<patch.position + patch.deleted)
        }
        if !patch.inserted.isEmpty {
          _ = try text.insert(patch.inserted, at: patch.position, as: text.nextDot(of: me))
        }
      }
    }
    print("paper", Date().timeIntervalSince(start), text.storageBytes, text.everCount, Double(text.storageBytes)/Double(text.everCount))
    #expect(text.value == trace.endContent)
    var copy = RGAText()
    let t2 = Date()
    let d = text.delta(since: VersionVector())
    try copy.merge(delta: d)
    print("copy", d.insertions.count, Date().timeIntervalSince(t2))
    #expect(copy.value == trace.endContent)
    #expect(copy == text)
  }

  @Test(arguments: ["friendsforever", "clownschool"]) func concurrent(name: String) throws {
    let trace = try EditingTrace.load(name)
    let agents = Set(trace.transactions.map(\.agent)).count
    for order in permutations(agents) {
      var docs = Array(repeating: RGAText(), count: agents)
      var have = Array(repeating: Array(repeating: false, count: trace.transactions.count), count: agents)
      var deltas: [[TextDelta]] = []
      var fork = 0
      for (index, transaction) in trace.transactions.enumerated() {
        let agent = transaction.agent
        // missing ancestors
        var open = transaction.parents, missing: [Int] = []
        while let next = open.popLast() {
          if have[agent][next] { continue }
          have[agent][next] = true
          missing.append(next)
          open += trace.transactions[next].parents
        }
        for number in missing.sorted() { for delta in deltas[number] { try docs[agent].merge(delta: delta) } }
        var mine: [TextDelta] = []
        for patch in transaction.patches {
          if patch.deleted > 0 { mine.append(try docs[agent].delete(patch.position..<patch.position + patch.deleted)) }
          if !patch.inserted.isEmpty {
            mine.append(try docs[agent].insert(patch.inserted, at: patch.position, as: docs[agent].nextDot(of: ReplicaID(UInt64(order[agent])))))
          }
        }
        have[agent][index] = true
        deltas.append(mine)
        _ = fork; fork += 0
      }
      var end = RGAText()
      let start = Date()
      for list in deltas { for delta in list { try end.merge(delta: delta) } }
      print(name, order, end.value == trace.endContent, Date().timeIntervalSince(start))
      for doc in docs { var copy = doc; try copy.merge(end); print(copy.value == end.value, copy == end) }
    }
  }
}

func permutations(_ count: Int) -> [[Int]] {
  if count == 0 { return [[]] }
  return permutations(count - 1).flatMap { list in (0...list.count).map { var copy = list; copy.insert(count, at: $0); return copy } }
}
