import CRDT
import KeyValue
import Primitives
import RESP
import TestSupport

/// A core that tests talk to by words, with a clock of their own.
struct Node: ~Copyable {
  var core: KeyValueCore
  var session: ClientSession
  var now: UInt64
  private var replies = ReplyBuffer()
  /// What each batch wrote.
  private(set) var log: [[KeyValueEffect]] = []

  init(
    _ replica: UInt64 = 1, keepsTombstones: Bool = false, password: String? = nil,
    fsync: String? = nil, keepsSiblings: Bool = false, now: UInt64 = 1_000_000
  ) {
    self.now = now
    var settings = KeyValueSettings(
      replica: ReplicaID(replica), tableKey: SipKey(low: replica, high: 7), seed: replica,
      password: password.map { Array($0.utf8) }, keepsTombstones: keepsTombstones)
    settings.fsync = fsync
    settings.keepsSiblings = keepsSiblings
    core = KeyValueCore(settings, at: now)
    session = ClientSession(
      id: 1, address: "a", localAddress: "b", at: now, isAuthenticated: password == nil)
  }

  /// Executes requests in one batch.
  mutating func batch(_ requests: [[[UInt8]]]) -> [RESPReply] {
    core.beginBatch(at: now)
    var answers: [RESPReply] = []
    for request in requests {
      replies.clear(keeping: 0)
      var parser = RequestParser()
      var bytes: [UInt8] = []
      RequestWriter.append(request, to: &bytes)
      bytes.withUnsafeBytes { window in
        guard case .request = parser.next(in: window) else { return }
        parser.withArguments(in: window) {
          _ = core.execute($0, for: &session, into: &replies)
        }
      }
      if let reply = try? ReplyParser.reply(in: replies.bytes)?.reply { answers.append(reply) }
    }
    end()
    return answers
  }

  mutating func end() {
    core.finishBatch()
    let effects = core.effects
    if !effects.isEmpty { log.append(effects) }
    core.endBatch()
  }

  @discardableResult
  mutating func bytes(_ arguments: [UInt8]...) -> RESPReply { batch([arguments])[0] }

  /// Executes one request of words.
  @discardableResult
  mutating func callAsFunction(_ request: String) -> RESPReply {
    batch([request.split(separator: " ").map { Array($0.utf8) }])[0]
  }

  mutating func apply(_ effects: [KeyValueEffect]) throws {
    core.beginBatch(at: now)
    for effect in effects { _ = try core.apply(effect) }
    end()
  }

  mutating func load(_ effects: [KeyValueEffect]) throws {
    core.beginBatch(at: now)
    for effect in effects { _ = try core.load(effect) }
    end()
  }

  mutating func take(_ effect: KeyValueEffect) throws -> ApplyOutcome {
    core.beginBatch(at: now)
    defer { end() }
    return try core.apply(effect)
  }

  mutating func bury(_ key: [UInt8], _ version: HybridTime) -> Bool {
    core.beginBatch(at: now)
    defer { end() }
    return core.bury(key, version)
  }

  mutating func raiseFloor(to ticks: UInt64) {
    core.beginBatch(at: now)
    _ = core.raiseFloor(to: ticks)
    end()
  }

  mutating func purge(through ticks: UInt64) {
    var next: UInt32? = 0
    while let start = next { next = core.purge(through: ticks, from: start, entries: 7) }
  }

  /// All entries in the order of keys.
  var entries: [KeyValueEffect] {
    var all: [KeyValueEffect] = []
    core.forEachEntry { all.append($0.effect) }
    return all.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }
}

/// Times in tests.
enum HybridTimeOf {
  static func time(_ milliseconds: UInt64, _ replica: UInt64, counter: UInt64 = 0) -> HybridTime {
    HybridTime(ticks: milliseconds << 16 | counter, replica: ReplicaID(replica))
  }
}

extension RESPReply {
  static let ok = RESPReply.simple("OK")
  static func text(_ text: String) -> RESPReply { .bulk(Array(text.utf8)) }
}
