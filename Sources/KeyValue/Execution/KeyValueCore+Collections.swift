import CRDT
import RESP

/// CRDT.SADD, CRDT.HSET and their like.
extension KeyValueCore {
  // MARK: Sets

  /// The words from argument `first` on, each once, in their order; nil if one is too long, after
  /// the error.
  private func words(
    _ request: RequestArguments, from first: Int, every step: Int = 1, _ reply: inout ReplyBuffer
  ) -> [[UInt8]]? {
    var words: [[UInt8]] = []
    var seen = Set<[UInt8]>()
    for index in stride(from: first, to: request.count, by: step) {
      guard isElement(request[index], &reply) else { return nil }
      let word = request.bytes(index)
      if seen.insert(word).inserted { words.append(word) }
    }
    return words
  }

  /// Adds members, also those that are there: who removes them elsewhere has not seen this.
  mutating func addMembers(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let words = words(request, from: 2, &reply) else { return }
    guard let change = begin(.set, request[1], &reply) else { return }
    let held = change.shown?[.set]
    let new = words.count { !(held?.contains($0) ?? false) }
    let operations = words.map { ORMap.Operation.update([], .addWinsSet(.add($0))) }
    guard finish(change, operations, of: request[1], &reply) else { return }
    reply.integer(Int64(new))
  }

  mutating func removeMembers(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let words = words(request, from: 2, &reply) else { return }
    guard let change = begin(.set, request[1], &reply) else { return }
    guard let held = change.shown?[.set] else { return reply.integer(0) }
    let gone = words.filter { held.contains($0) }
    guard !gone.isEmpty else { return reply.integer(0) }
    let operations = gone.map { ORMap.Operation.update([], .addWinsSet(.remove($0))) }
    guard finish(change, operations, of: request[1], &reply) else { return }
    reply.integer(Int64(gone.count))
  }

  mutating func isMember(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch look(.set, request[1], &reply) {
    case .nothing: reply.integer(0)
    case .value(let set): reply.integer(set.contains(request.bytes(2)) ? 1 : 0)
    case .refused: return
    }
  }

  mutating func memberCount(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch look(.set, request[1], &reply) {
    case .nothing: reply.integer(0)
    case .value(let set): reply.integer(Int64(set.elementCount))
    case .refused: return
    }
  }

  mutating func members(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch look(.set, request[1], &reply) {
    case .nothing: reply.set(0)
    case .value(let set):
      let elements = set.elements
      reply.set(elements.count)
      for element in elements { reply.bulk(element) }
    case .refused: return
    }
  }

  // MARK: Maps

  /// What a field of a map holds: a register and a counter, if both were written at the same time.
  private struct HeldField {
    var text: [UInt8]?
    var sum: Int64?

    init(_ name: [UInt8], of map: FieldReader?) {
      let newest = map?[FieldKey(name, .multiValue)]?.writes.max {
        ($0.dot.counter, $0.dot.replica) < ($1.dot.counter, $1.dot.replica)
      }
      text = newest?.value
      sum = map?[FieldKey(name, .counter)]?.sum
    }

    var isThere: Bool { text != nil || sum != nil }
    /// What clients are shown.
    var shown: [UInt8]? { text ?? sum.map { Array(String($0).utf8) } }
  }

  private static func inMap(_ operation: ORMap.Operation) -> ORMap.Operation {
    .update([], .map(operation))
  }

  mutating func setFields(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard request.count % 2 == 0 else {
      return reply.error("ERR wrong number of arguments for 'crdt.hset' command")
    }
    guard let names = words(request, from: 2, every: 2, &reply),
      words(request, from: 3, every: 2, &reply) != nil
    else { return }
    guard let change = begin(.map, request[1], &reply) else { return }
    let map = change.shown?[.map]
    let new = names.count { !HeldField($0, of: map).isThere }
    var operations: [ORMap.Operation] = []
    for index in stride(from: 2, to: request.count, by: 2) {
      let name = request.bytes(index)
      if HeldField(name, of: map).sum != nil {
        operations.append(Self.inMap(.remove(FieldKey(name, .counter))))
      }
      operations.append(
        Self.inMap(.update(name, .multiValue(.write(request.bytes(index + 1))))))
    }
    guard finish(change, operations, of: request[1], &reply) else { return }
    reply.integer(Int64(new))
  }

  mutating func countField(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard isElement(request[2], &reply) else { return }
    guard let amount = amount(request[3], isNegative: false, &reply) else { return }
    guard let change = begin(.map, request[1], &reply) else { return }
    let name = request.bytes(2)
    let held = HeldField(name, of: change.shown?[.map])
    guard held.text == nil else { return reply.error("ERR the field is no counter") }
    let (sum, isLarge) = (held.sum ?? 0).addingReportingOverflow(amount)
    if isLarge { return reply.error(KeyValueReply.overflow) }
    let operation = Self.inMap(.update(name, .counter(.add(amount))))
    guard finish(change, [operation], of: request[1], &reply) else { return }
    reply.integer(sum)
  }

  mutating func deleteFields(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let words = words(request, from: 2, &reply) else { return }
    guard let change = begin(.map, request[1], &reply) else { return }
    let map = change.shown?[.map]
    let gone = words.filter { HeldField($0, of: map).isThere }
    guard !gone.isEmpty else { return reply.integer(0) }
    let operations = gone.flatMap { name in
      [ReplicatedKind.multiValue, .counter].map {
        Self.inMap(.remove(FieldKey(name, $0)))
      }
    }
    guard finish(change, operations, of: request[1], &reply) else { return }
    reply.integer(Int64(gone.count))
  }

  mutating func field(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch look(.map, request[1], &reply) {
    case .nothing: reply.null()
    case .value(let map):
      if let text = HeldField(request.bytes(2), of: map).shown {
        reply.bulk(text)
      } else {
        reply.null()
      }
    case .refused: return
    }
  }

  /// The names of a map's fields, each once, in the order of their bytes.
  private static func names(_ map: FieldReader) -> [[UInt8]] {
    var names: [[UInt8]] = []
    for key in map.fieldKeys where names.last != key.name { names.append(key.name) }
    return names
  }

  mutating func fields(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch look(.map, request[1], &reply) {
    case .nothing: reply.map(0)
    case .value(let map):
      let names = Self.names(map)
      reply.map(names.count)
      for name in names {
        reply.bulk(name)
        reply.bulk(HeldField(name, of: map).shown ?? [])
      }
    case .refused: return
    }
  }

  mutating func fieldCount(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch look(.map, request[1], &reply) {
    case .nothing: reply.integer(0)
    case .value(let map): reply.integer(Int64(Self.names(map).count))
    case .refused: return
    }
  }
}
