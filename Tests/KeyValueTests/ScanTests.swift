import KeyValue
import RESP
import TestSupport
import Testing

@Suite struct ScanTests {
  /// One call: the keys, and the cursor to go on from.
  private func scan(
    _ node: inout Node, _ cursor: String, _ options: String = ""
  ) -> (keys: [String], next: String) {
    guard case .array(let parts) = node("SCAN \(cursor) \(options)"), parts.count == 2,
      case .array(let keys) = parts[1], let next = parts[0].text
    else {
      Issue.record("SCAN \(cursor) \(options) is refused")
      return ([], "0")
    }
    return (keys.compactMap(\.text), next)
  }

  private func all(
    _ node: inout Node, _ options: String = "", _ between: (inout Node) -> Void = { _ in }
  ) -> [String] {
    var (found, cursor) = scan(&node, "0", options)
    while cursor != "0" {
      between(&node)
      let (keys, next) = scan(&node, cursor, options)
      found += keys
      cursor = next
    }
    return found
  }

  @Test func scan_shouldGiveEachKeyOnce_whenNothingChanges() {
    var node = Node()
    _ = node.batch((0..<5_000).map { words("SET key:\($0) \($0)") })
    _ = node.batch((0..<1_000).map { words("DEL key:\($0 * 2)") })
    let expected = Set((0..<5_000).filter { $0 >= 2_000 || $0 % 2 == 1 }.map { "key:\($0)" })
    for options in ["", "COUNT 1", "COUNT 1000", "COUNT 100000"] {
      let found = all(&node, options)
      #expect(found.count == expected.count && Set(found) == expected, "\(options)")
    }
    #expect(Set(all(&node, "MATCH key:?7")) == Set((1...9).map { "key:\($0)7" }))
    #expect(all(&node, "TYPE string").count == expected.count)
    #expect(all(&node, "TYPE hash").isEmpty)
  }

  @Test(arguments: [true, false], 0..<4 as Range<UInt64>)
  func scan_shouldMissNoKeyThatWasThereAllTheTime_report16(shrinks: Bool, seed: UInt64) {
    var draw = SeededGenerator(seed: seed)
    var node = Node(seed + 1)
    let lasting = Set((0..<500).map { "last:\($0)" })
    _ = node.batch(lasting.sorted().map { words("SET \($0) 1") })
    if shrinks { _ = node.batch((0..<20_000).map { words("SET go:\($0) 1") }) }
    var step = 0
    let found = all(&node, "COUNT 20") { node in
      let names = (0..<80).map { _ in
        step += 1
        return step
      }
      _ = node.batch(
        names.map { words(shrinks ? "DEL go:\($0)" : "SET come:\(draw.next()):\($0) 1") })
    }
    #expect(lasting.isSubset(of: found), "seed \(seed)")
    let stayed = found.filter { lasting.contains($0) }
    #expect(stayed.count == lasting.count, "twice, seed \(seed)")
  }

  @Test func scanPlaces_shouldBeLimited_whateverTheCount() {
    var node = Node()
    _ = node.batch((0..<3_000).map { words("SET key:\($0) 1") })
    // No more keys are there than places are gone through, so it ends.
    let (keys, next) = scan(&node, "0", "COUNT \(Int64.max)")
    #expect(keys.count == 3_000 && next == "0")
    #expect(KeyValueLimits.scanPlacesMax == 1 << 20)
  }

  @Test func patterns_shouldFitAsRedisDoes_andTakeNoExponentialTime() {
    var node = Node()
    let hard = String(repeating: "a", count: 400)
    _ = node.batch([words("SET \(hard) 1"), words("SET hello 1"), words("SET h*llo 1")])
    let cases: [(String, Set<String>)] = [
      ("*", [hard, "hello", "h*llo"]), ("h?llo", ["hello", "h*llo"]), ("h\\*llo", ["h*llo"]),
      ("h[a-f]llo", ["hello"]), ("h[f-a]llo", ["hello"]), ("h[^e]llo", ["h*llo"]),
      ("h[*e]llo", ["hello", "h*llo"]), ("hello?", []), ("*o", ["hello", "h*llo"]), ("", []),
      ("h[e", []), ("*l*o*", ["hello", "h*llo"]),
      (String(repeating: "a*", count: 100) + "b", []),
    ]
    for (pattern, expected) in cases {
      guard case .array(let keys) = node.bytes(Array("KEYS".utf8), Array(pattern.utf8)) else {
        Issue.record("KEYS \(pattern) is refused")
        continue
      }
      #expect(Set(keys.compactMap(\.text)) == expected, "\(pattern)")
    }
  }

  @Test func randomKey_shouldBeOneThatIsThere_alsoWhenNearlyAllAreDeleted() {
    var node = Node(keepsTombstones: true)
    #expect(node("RANDOMKEY") == .null)
    _ = node.batch((0..<5_000).map { words("SET key:\($0) 1") })
    _ = node.batch((1..<5_000).map { words("DEL key:\($0)") })
    for _ in 0..<20 { #expect(node("RANDOMKEY") == .text("key:0")) }
    #expect(KeyValueLimits.randomAttempts < 5_000)
  }
}
