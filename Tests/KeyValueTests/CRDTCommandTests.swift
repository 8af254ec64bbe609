import CRDT
import KeyValue
import RESP
import TestSupport
import Testing

/// What plain collections make of commands for replicated values, on one node.
private struct Model {
  enum Value: Equatable {
    case counter(Int64)
    case set(Set<String>)
    case map([String: Field])
    case register(String)
  }
  enum Field: Equatable {
    case text(String)
    case sum(Int64)

    var shown: String {
      switch self {
      case .text(let text): text
      case .sum(let sum): String(sum)
      }
    }
  }

  var values: [String: (value: Value, expiry: UInt64?)] = [:]
  var now: UInt64

  static let wrongType = RESPReply.error(
    "WRONGTYPE Operation against a key holding the wrong kind of value")

  mutating func run(_ words: [String]) -> RESPReply {
    values = values.filter { $0.value.expiry.map { $0 > now } ?? true }
    let (key, held) = (words[1], values[words[1]]?.value)
    switch words[0] {
    case "CRDT.INCRBY", "CRDT.DECRBY", "CRDT.COUNT": return count(words, held)
    case "CRDT.SADD", "CRDT.SREM", "CRDT.SISMEMBER", "CRDT.SMEMBERS", "CRDT.SCARD":
      return set(words, held)
    case "CRDT.HSET", "CRDT.HGET", "CRDT.HDEL", "CRDT.HINCRBY", "CRDT.HGETALL", "CRDT.HLEN":
      return map(words, held)
    case "CRDT.SET":
      if let held, !held.isRegister { return Self.wrongType }
      values[key] = (.register(words[2]), nil)
      return .ok
    case "CRDT.GET", "SYNC.SIBLINGS":
      guard let held else { return .array([]) }
      if case .register(let text) = held { return .array([.text(text)]) }
      return Self.wrongType
    case "GET":
      guard let held else { return .null }
      if case .register(let text) = held { return .text(text) }
      return Self.wrongType
    case "DEL": return .integer(values.removeValue(forKey: key) == nil ? 0 : 1)
    case "EXISTS": return .integer(held == nil ? 0 : 1)
    case "TYPE": return .simple(held.map { $0.isRegister ? "string" : "crdt" } ?? "none")
    case "CRDT.TYPE": return .array(held.map { [.text($0.name)] } ?? [])
    case "PEXPIRE":
      guard let held else { return .integer(0) }
      values[key] = (held, now + UInt64(words[2])!)
      return .integer(1)
    case "PERSIST":
      guard let held, values[key]?.expiry != nil else { return .integer(0) }
      values[key] = (held, nil)
      return .integer(1)
    default:
      guard let entry = values[key] else { return .integer(-2) }
      return .integer(entry.expiry.map { Int64($0 - now) } ?? -1)
    }
  }

  /// Keeps the expiry, but of what is empty nothing.
  private mutating func put(_ key: String, _ value: Value) {
    switch value {
    case .set([]), .map([:]): values[key] = nil
    default: values[key] = (value, values[key]?.expiry)
    }
  }

  private mutating func count(_ words: [String], _ held: Value?) -> RESPReply {
    var sum: Int64 = 0
    if let held {
      guard case .counter(let now) = held else { return Self.wrongType }
      sum = now
    }
    guard words.count > 2 else { return .integer(sum) }
    sum += (words[0] == "CRDT.DECRBY" ? -1 : 1) * Int64(words[2])!
    put(words[1], .counter(sum))
    return .integer(sum)
  }

  private mutating func set(_ words: [String], _ held: Value?) -> RESPReply {
    var members = Set<String>()
    if let held {
      guard case .set(let now) = held else { return Self.wrongType }
      members = now
    }
    let (count, given) = (members.count, Set(words.dropFirst(2)))
    switch words[0] {
    case "CRDT.SADD": members.formUnion(given)
    case "CRDT.SREM": members.subtract(given)
    case "CRDT.SISMEMBER": return .integer(members.contains(words[2]) ? 1 : 0)
    case "CRDT.SCARD": return .integer(Int64(count))
    default: return .array(members.sorted().map { .text($0) })
    }
    if held != nil || !members.isEmpty { put(words[1], .set(members)) }
    return .integer(Int64(abs(members.count - count)))
  }

  private mutating func map(_ words: [String], _ held: Value?) -> RESPReply {
    var fields: [String: Field] = [:]
    if let held {
      guard case .map(let now) = held else { return Self.wrongType }
      fields = now
    }
    let count = fields.count
    switch words[0] {
    case "CRDT.HSET":
      for index in stride(from: 2, to: words.count, by: 2) {
        fields[words[index]] = .text(words[index + 1])
      }
    case "CRDT.HDEL": for name in words.dropFirst(2) { fields[name] = nil }
    case "CRDT.HINCRBY":
      if case .text = fields[words[2]] { return .error("ERR the field is no counter") }
      var sum = Int64(words[3])!
      if case .sum(let now) = fields[words[2]] { sum += now }
      fields[words[2]] = .sum(sum)
      put(words[1], .map(fields))
      return .integer(sum)
    case "CRDT.HGET": return fields[words[2]].map { .text($0.shown) } ?? .null
    case "CRDT.HLEN": return .integer(Int64(count))
    default:
      return .array(
        fields.keys.sorted().flatMap { [.text($0), .text(fields[$0]!.shown)] })
    }
    if held != nil || !fields.isEmpty { put(words[1], .map(fields)) }
    return .integer(Int64(abs(fields.count - count)))
  }
}

extension Model.Value {
  var name: String {
    switch self {
    case .counter: "counter"
    case .set: "set"
    case .map: "map"
    case .register: "register"
    }
  }
  var isRegister: Bool { name == "register" }
}

@Suite struct CRDTCommandTests {
  private func request(_ draw: inout SeededGenerator) -> [String] {
    let (key, word) = ("k\(draw.below(6))", "w\(draw.below(5))")
    let other = "w\(draw.below(5))"
    switch draw.below(26) {
    case 0: return ["CRDT.INCRBY", key, "\(draw.below(200) - 100)"]
    case 1: return ["CRDT.DECRBY", key, "\(draw.below(100))"]
    case 2: return ["CRDT.COUNT", key]
    case 3, 4: return ["CRDT.SADD", key, word, other]
    case 5, 6: return ["CRDT.SREM", key, word, other]
    case 7: return ["CRDT.SISMEMBER", key, word]
    case 8: return ["CRDT.SMEMBERS", key]
    case 9: return ["CRDT.SCARD", key]
    case 10, 11: return ["CRDT.HSET", key, word, "1", other, "2"]
    case 12: return ["CRDT.HGET", key, word]
    case 13, 14: return ["CRDT.HDEL", key, word, other]
    case 15, 16: return ["CRDT.HINCRBY", key, word, "\(draw.below(9))"]
    case 17: return ["CRDT.HGETALL", key]
    case 18: return ["CRDT.HLEN", key]
    case 19: return ["CRDT.SET", key, "\(draw.below(100))"]
    case 20: return [["CRDT.GET", "SYNC.SIBLINGS", "GET"][draw.below(3)], key]
    case 21: return [["TYPE", "CRDT.TYPE", "EXISTS"][draw.below(3)], key]
    case 22: return ["DEL", key]
    case 23: return ["PEXPIRE", key, "\(1 + draw.below(300))"]
    case 24: return ["PERSIST", key]
    default: return ["PTTL", key]
    }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func commands_shouldAnswerAsAModelDoes(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let keeps = seed % 2 == 0
    var node = Node(keepsTombstones: keeps)
    var model = Model(now: node.now)
    for _ in 0..<300 {
      node.now += UInt64(draw.below(60))
      model.now = node.now
      let requests = (0..<1 + draw.below(8)).map { _ in request(&draw) }
      let answers = node.batch(requests.map { $0.map { Array($0.utf8) } })
      #expect(answers == requests.map { model.run($0) }, "seed \(seed): \(requests)")
    }
    // What its log says gives the same store, and another replica the same in whatever order.
    var copy = Node(2, keepsTombstones: keeps, now: node.now)
    for batch in node.log { try copy.load(batch) }
    #expect(copy.entries == node.entries, "seed \(seed)")
    guard keeps else { return }
    var other = Node(3, keepsTombstones: true, now: node.now)
    try other.apply(node.log.flatMap { $0 }.shuffled(using: &draw))
    #expect(other.entries == node.entries, "seed \(seed)")
  }

  @Test func wrongTypes_shouldBeRefused_inRedisWords() {
    var node = Node()
    node("SET s text")
    node("CRDT.INCRBY c 1")
    node("CRDT.SADD t a")
    node("CRDT.HSET m f 1")
    let writes = ["CRDT.INCRBY % 1", "CRDT.SADD % a", "CRDT.HSET % f 1", "CRDT.HINCRBY % f 1"]
    let reads = ["CRDT.COUNT %", "CRDT.SMEMBERS %", "CRDT.HGETALL %", "CRDT.HLEN %"]
    let keys = ["s": [Int](), "c": [0], "t": [1], "m": [2, 3]]
    for (key, own) in keys.sorted(by: { $0.key < $1.key }) {
      for index in 0..<4 where !own.contains(index) {
        for request in [writes[index], reads[index]] {
          let words = request.replacing("%", with: key)
          #expect(
            node(words)
              == .error("WRONGTYPE Operation against a key holding the wrong kind of value"),
            "\(words)")
        }
      }
    }
    #expect(node("SCAN 0 TYPE string") == .array([.text("0"), .array([.text("s")])]))
    #expect(node("DBSIZE") == .integer(4))
    // SET takes the place of whatever is there.
    #expect(node("SET c now") == .ok && node("GET c") == .text("now"))
    #expect(node("TYPE c") == .simple("string") && node("CRDT.TYPE c") == .array([.text("string")]))
    #expect(node("SET c 5 NX") == .null && node("INCR c").text == nil)
  }

  @Test func refusals_shouldWriteNothing() {
    var node = Node()
    node("CRDT.INCRBY n 9223372036854775807")
    node("CRDT.HSET m f text")
    let count = node.log.count
    let cases = [
      ("CRDT.INCRBY n 1", "ERR increment or decrement would overflow"),
      ("CRDT.INCRBY n x", "ERR value is not an integer or out of range"),
      ("CRDT.DECRBY n -9223372036854775808", "ERR decrement would overflow"),
      ("CRDT.HINCRBY m f 1", "ERR the field is no counter"),
      ("CRDT.HSET m f", "ERR wrong number of arguments for 'crdt.hset' command"),
      ("CRDT.HSET m f 1 g", "ERR wrong number of arguments for 'crdt.hset' command"),
      ("CRDT.SADD t", "ERR wrong number of arguments for 'crdt.sadd' command"),
    ]
    for (request, error) in cases { #expect(node(request) == .error(error), "\(request)") }
    #expect(node("CRDT.SREM nokey a") == .integer(0) && node("CRDT.HDEL m g") == .integer(0))
    #expect(node.log.count == count)
    node.core.writeRefusal = "the disk is full"
    #expect(node("CRDT.SADD t a") == .error("MISCONF the disk is full"))
    #expect(node("CRDT.COUNT n") == .integer(.max))
  }

  @Test func elementsAndKeys_shouldBeLimited() {
    var node = Node()
    let long = [UInt8](repeating: 0x65, count: CRDTLimits.valueBytesMax + 1)
    let error = RESPReply.error(
      "ERR an element, a field or its value must have at most 1048576 bytes")
    for command in ["CRDT.SADD", "CRDT.SET", "CRDT.SREM"] {
      #expect(node.bytes(Array(command.utf8), [1], long) == error, "\(command)")
    }
    #expect(node.bytes(Array("CRDT.HSET".utf8), [1], [2], long) == error)
    #expect(node.bytes(Array("CRDT.HSET".utf8), [1], long, [2]) == error)
    #expect(node.bytes(Array("CRDT.HINCRBY".utf8), [1], long, Array("1".utf8)) == error)
    let key = [UInt8](repeating: 0x6b, count: KeyValueLimits.keyBytesMax + 1)
    #expect(
      node.bytes(Array("CRDT.SADD".utf8), key, [1])
        == .error("ERR a key must have 1 to 511 bytes"))
    #expect(node.log.isEmpty)
    // A value grows up to the limit and not beyond it.
    let member = [UInt8](repeating: 0x65, count: CRDTLimits.valueBytesMax - 4)
    let many = [Array("CRDT.SADD".utf8), [1]] + (0..<62 as Range<UInt8>).map { member + [$0] }
    #expect(node.batch([many]) == [.integer(62)])
    #expect(node.bytes(Array("CRDT.SADD".utf8), [1], member + [62]) == .integer(1))
    #expect(
      node.bytes(Array("CRDT.SADD".utf8), [1], member + [63])
        == .error("ERR string exceeds maximum allowed size (64 MiB)"))
    #expect(node.bytes(Array("CRDT.SCARD".utf8), [1]) == .integer(63))
    // Beside what was replicated a string has a little less room.
    node("CRDT.SADD t a")
    node("DEL t")
    let most = KeyValueLimits.valueBytesMax - KeyValueLimits.replicatedHeadBytesMax
    let string = [UInt8](repeating: 0x73, count: most + 1)
    #expect(node.bytes(Array("SET".utf8), Array("fresh".utf8), string) == .ok)
    node = Node(keepsTombstones: true)
    node("CRDT.SADD t a")
    #expect(
      node.bytes(Array("SET".utf8), Array("t".utf8), string)
        == .error("ERR string exceeds maximum allowed size (64 MiB)"))
    #expect(node.bytes(Array("SET".utf8), Array("t".utf8), Array(string.dropFirst())) == .ok)
  }

  @Test func maps_shouldBeMapsInRESP3() {
    var node = Node()
    node("HELLO 3")
    node("CRDT.HSET m f 1")
    node("CRDT.SADD t a")
    #expect(node("CRDT.HGETALL m") == .map([RESPPair(.text("f"), .text("1"))]))
    #expect(node("CRDT.SMEMBERS t") == .set([.text("a")]))
    guard case .map(let documents) = node("COMMAND DOCS crdt.sadd") else {
      Issue.record("no document")
      return
    }
    #expect(documents.first?.key == .text("crdt.sadd"))
  }
}
