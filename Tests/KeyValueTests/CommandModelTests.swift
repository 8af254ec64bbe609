import KeyValue
import RESP
import TestSupport
import Testing

/// What a plain dictionary makes of commands.
private struct Model {
  var values: [String: (text: String, expiry: UInt64?)] = [:]
  var now: UInt64

  mutating func sweep() { values = values.filter { $0.value.expiry.map { $0 > now } ?? true } }

  mutating func run(_ words: [String]) -> RESPReply {
    sweep()
    let key = words.count > 1 ? words[1] : ""
    let held = values[key]
    func found(_ key: String) -> RESPReply { values[key].map { .text($0.text) } ?? .null }
    switch words[0] {
    case "GET": return found(key)
    case "SET": return set(words)
    case "SETNX":
      guard held == nil else { return .integer(0) }
      values[key] = (words[2], nil)
      return .integer(1)
    case "GETDEL":
      defer { values[key] = nil }
      return found(key)
    case "DEL":
      return .integer(
        Int64(words.dropFirst().filter { values.removeValue(forKey: $0) != nil }.count))
    case "EXISTS": return .integer(Int64(words.dropFirst().filter { values[$0] != nil }.count))
    case "MGET": return .array(words.dropFirst().map(found))
    case "MSET":
      for index in stride(from: 1, to: words.count, by: 2) {
        values[words[index]] = (words[index + 1], nil)
      }
      return .ok
    case "APPEND":
      values[key] = ((held?.text ?? "") + words[2], held?.expiry)
      return .integer(Int64(values[key]!.text.utf8.count))
    case "STRLEN": return .integer(Int64(held?.text.utf8.count ?? 0))
    case "INCRBY":
      guard let number = Int64(held?.text ?? "0"), String(number) == held?.text ?? "0" else {
        return .error("ERR value is not an integer or out of range")
      }
      values[key] = (String(number + Int64(words[2])!), held?.expiry)
      return .integer(number + Int64(words[2])!)
    case "PEXPIRE":
      guard let held else { return .integer(0) }
      let time = Int64(words[2])!
      values[key] = time <= 0 ? nil : (held.text, now + UInt64(time))
      return .integer(1)
    case "PTTL":
      guard let held else { return .integer(-2) }
      return .integer(held.expiry.map { Int64($0 - now) } ?? -1)
    case "PERSIST":
      guard let held, held.expiry != nil else { return .integer(0) }
      values[key] = (held.text, nil)
      return .integer(1)
    case "FLUSHALL":
      values = [:]
      return .ok
    default: return .integer(Int64(values.count))
    }
  }

  private mutating func set(_ words: [String]) -> RESPReply {
    let (key, options) = (words[1], Set(words.dropFirst(3)))
    let held = values[key]
    let answer: RESPReply =
      options.contains("GET") ? held.map { .text($0.text) } ?? .null : .ok
    if options.contains("NX") && held != nil || options.contains("XX") && held == nil {
      return options.contains("GET") ? answer : .null
    }
    var expiry: UInt64?
    if options.contains("KEEPTTL") { expiry = held?.expiry }
    if let place = words.firstIndex(of: "PX") { expiry = now + UInt64(words[place + 1])! }
    values[key] = (words[2], expiry)
    return answer
  }
}

@Suite struct CommandModelTests {
  private func request(_ draw: inout SeededGenerator) -> [String] {
    let (key, other) = ("k\(draw.below(30))", "k\(draw.below(30))")
    switch draw.below(20) {
    case 0: return ["GET", key]
    case 1: return ["SET", key, "\(draw.below(100))"]
    case 2: return ["SET", key, String(repeating: "v", count: draw.below(300))]
    case 3: return ["SET", key, "x", "NX"]
    case 4: return ["SET", key, "y", "XX", "GET"]
    case 5: return ["SET", key, "z", "PX", "\(1 + draw.below(500))"]
    case 6: return ["SET", key, "w", "KEEPTTL"]
    case 7: return ["SETNX", key, "n"]
    case 8: return ["GETDEL", key]
    case 9: return ["DEL", key, other]
    case 10: return ["EXISTS", key, other]
    case 11: return ["MGET", key, other]
    case 12: return ["MSET", key, "1", other, "2"]
    case 13: return ["APPEND", key, "\(draw.below(10))"]
    case 14: return ["STRLEN", key]
    case 15: return ["INCRBY", key, "\(draw.below(2000) - 1000)"]
    case 16: return ["PEXPIRE", key, "\(draw.below(300) - 20)"]
    case 17: return ["PTTL", key]
    case 18: return ["PERSIST", key]
    default: return draw.below(40) == 0 ? ["FLUSHALL"] : ["PTTL", key]
    }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func commands_shouldAnswerAsAModelDoes(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let keeps = seed % 2 == 0
    var node = Node(keepsTombstones: keeps, keepsSiblings: seed % 3 == 0)
    var model = Model(now: node.now)
    for _ in 0..<400 {
      node.now += UInt64(draw.below(60))
      model.now = node.now
      let requests = (0..<1 + draw.below(12)).map { _ in request(&draw) }
      let answers = node.batch(requests.map { $0.map { Array($0.utf8) } })
      #expect(answers == requests.map { model.run($0) }, "seed \(seed): \(requests)")
    }
    model.sweep()
    node.core.beginBatch(at: node.now)
    node.core.expireSome()
    node.end()
    #expect(node("DBSIZE") == .integer(Int64(model.values.count)), "seed \(seed)")
    // What its log says gives the same store.
    var copy = Node(2, keepsTombstones: keeps, now: node.now)
    for batch in node.log { try copy.load(batch) }
    #expect(copy.entries == node.entries, "seed \(seed)")
  }

  @Test func effects_shouldBeAbsolute_andOneForAKey() {
    var node = Node()
    _ = node.batch([words("SET a 1"), words("INCR a"), words("INCR a"), words("EXPIRE a 10")])
    #expect(node.log.count == 1 && node.log[0].count == 1)
    guard case .set(_, .bytes, let value, let version, let expiry) = node.log[0][0] else {
      Issue.record("\(node.log)")
      return
    }
    #expect(value == Array("3".utf8) && expiry == node.now + 10_000)
    #expect(version.milliseconds == node.now && version.counter == 3)
    node("DEL a")
    guard case .delete(_, let later)? = node.log.last?.first else {
      Issue.record("\(node.log)")
      return
    }
    #expect(later > version)
    node("GET a")
    #expect(node.log.count == 2, "reading writes nothing")
    node("FLUSHALL")
    #expect(node.log.last == [.clear])
  }

  @Test func refusedCommands_shouldWriteNothing() {
    var node = Node()
    for request in [
      "SET", "SET a 1 EX 0", "SET a 1 NX XX", "MSET a 1 b", "INCRBY a x", "EXPIRE a 1",
      "SET a 1 XX", "APPEND a", "NOSUCH a", "FLUSHALL x", "DEL a", "GETDEL a", "PERSIST a",
    ] {
      node(request)
      #expect(node.log.isEmpty, "\(request)")
    }
    node("SET a abc")
    for request in ["INCR a", "SETNX a 1", "SET a 1 NX", "MSET b 1 c", "PERSIST a"] {
      node(request)
      #expect(node.log.count == 1, "\(request)")
    }
  }

  @Test func replicatedValues_shouldBeRefusedByCommandsForStrings() {
    var node = Node()
    node("CRDT.SADD c x")
    let wrong = RESPReply.error("WRONGTYPE Operation against a key holding the wrong kind of value")
    for request in ["GET c", "APPEND c x", "INCR c", "STRLEN c", "GETDEL c", "SET c 1 GET"] {
      #expect(node(request) == wrong, "\(request)")
    }
    #expect(node("TYPE c") == .simple("crdt") && node("MGET c") == .array([.null]))
    #expect(node("SCAN 0 TYPE string") == .array([.text("0"), .array([])]))
    #expect(node("SET c 1") == .ok && node("TYPE c") == .simple("string"))
  }

  @Test func infoAndConfig_shouldTellWhetherAndWhenTheLogIsSynced() {
    var node = Node()
    #expect(node("CONFIG GET append*") == .array([.text("appendonly"), .text("no")]))
    #expect(node("INFO persistence").text?.contains("aof_enabled:0\r\n") == true)
    var logged = Node(fsync: "always")
    #expect(
      logged("CONFIG GET append*")
        == .array([.text("appendfsync"), .text("always"), .text("appendonly"), .text("yes")]))
    #expect(logged("INFO persistence").text?.contains("aof_enabled:1\r\n") == true)
  }

  @Test func writesThatAreRefused_shouldSayWhy_andReadingGoOn() {
    var node = Node()
    node("SET a 1")
    node.core.writeRefusal = "the disk is full"
    #expect(node("SET a 2") == .error("MISCONF the disk is full"))
    #expect(node("GET a") == .text("1"))
  }
}

func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }
