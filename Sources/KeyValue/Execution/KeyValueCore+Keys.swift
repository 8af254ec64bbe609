import RESP

/// Keys as such: deleting, counting, listing them.
extension KeyValueCore {
  mutating func delete(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    var count: Int64 = 0
    for index in 1..<request.count {
      guard let number = find(request[index]) else { continue }
      delete(number)
      count += 1
    }
    reply.integer(count)
  }

  mutating func exists(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    var count: Int64 = 0
    for index in 1..<request.count where find(request[index]) != nil { count += 1 }
    statistics.hits += UInt64(count)
    statistics.misses += UInt64(request.count - 1) - UInt64(count)
    reply.integer(count)
  }

  mutating func type(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = find(request[1]) else { return reply.simple("none") }
    isString(number) ? reply.simple("string") : reply.simple("crdt")
  }

  /// Whether an entry that has a value holds a string, one or several side by side.
  private func isString(_ number: UInt32) -> Bool { isBytes(number) || !texts(number).isEmpty }

  mutating func keys(_ request: RequestArguments, _ reply: inout ReplyBuffer) -> AfterRequest {
    guard isPattern(request[1], &reply) else { return .next }
    var found: [UInt32] = []
    var bytes = 0
    for number in 0..<table.numbers where isLive(number) {
      let key = table.entry(number).pointee.key
      guard GlobPattern.fits(request[1], key) else { continue }
      found.append(number)
      bytes += key.count
    }
    guard bytes <= KeyValueLimits.replyBytesMax else { return .refuseReply(bytes: bytes) }
    reply.array(found.count)
    for number in found { reply.bulk(table.entry(number).pointee.key) }
    return .next
  }

  /// Whether a pattern is one to go through all keys with; else the error is appended.
  private func isPattern(_ bytes: UnsafeRawBufferPointer, _ reply: inout ReplyBuffer) -> Bool {
    if bytes.count <= KeyValueLimits.patternBytesMax { return true }
    reply.error("ERR a pattern must have at most \(KeyValueLimits.patternBytesMax) bytes")
    return false
  }

  /// What SCAN was asked for.
  private struct ScanOptions {
    var count = 10
    var pattern: UnsafeRawBufferPointer?
    var type: UnsafeRawBufferPointer?

    /// Nil after an error.
    init?(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
      var index = 2
      while index < request.count {
        let word = request[index]
        guard index + 1 < request.count else {
          reply.error(KeyValueReply.syntax)
          return nil
        }
        if Bytes.isWord(word, "count") {
          guard let number = DecimalText.integer(request[index + 1]) else {
            reply.error(KeyValueReply.notInteger)
            return nil
          }
          guard number > 0 else {
            reply.error(KeyValueReply.syntax)
            return nil
          }
          count = Int(number)
        } else if Bytes.isWord(word, "match") {
          pattern = request[index + 1]
        } else if Bytes.isWord(word, "type") {
          type = request[index + 1]
        } else {
          reply.error(KeyValueReply.syntax)
          return nil
        }
        index += 2
      }
    }
  }

  /// Goes on from a cursor, which is a hash: keys with smaller ones were given before.
  mutating func scan(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let cursor = Self.cursor(request[1]) else { return reply.error("ERR invalid cursor") }
    guard let options = ScanOptions(request, &reply) else { return }
    if let pattern = options.pattern, !isPattern(pattern, &reply) { return }
    var found: [UInt32] = []
    // Behind the last hash there is nothing.
    var next = UInt32(exactly: cursor)
    var (looked, places) = (0, 0)
    while let hash = next, looked < options.count, places < KeyValueLimits.scanPlacesMax {
      var here: [UInt32] = []
      next = table.visit(from: hash) { here.append($0) }
      places += 1
      looked += here.count
      for number in here where isLive(number) && isWanted(number, options) {
        found.append(number)
      }
    }
    reply.array(2)
    reply.bulk(String(next ?? 0))
    reply.array(found.count)
    for number in found { reply.bulk(table.entry(number).pointee.key) }
  }

  /// A number of 64 bits, as clients of Redis may send; nil if it is none.
  private static func cursor(_ word: UnsafeRawBufferPointer) -> UInt64? {
    guard word.count <= DecimalText.digitsMax else { return nil }
    guard word.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return UInt64(String(decoding: word, as: UTF8.self))
  }

  private func isWanted(_ number: UInt32, _ options: ScanOptions) -> Bool {
    if let pattern = options.pattern,
      !GlobPattern.fits(pattern, table.entry(number).pointee.key)
    {
      return false
    }
    guard let type = options.type else { return true }
    return Bytes.isWord(type, isString(number) ? "string" : "crdt")
  }

  mutating func randomKey(_ reply: inout ReplyBuffer) {
    guard table.live > 0 else { return reply.null() }
    for _ in 0..<KeyValueLimits.randomAttempts {
      let number = UInt32(random.next() % UInt64(table.numbers))
      if isLive(number) { return reply.bulk(table.entry(number).pointee.key) }
    }
    for number in 0..<table.numbers where isLive(number) {
      return reply.bulk(table.entry(number).pointee.key)
    }
    reply.null()
  }

  mutating func flush(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard
      request.count == 1
        || request.count == 2
          && (Bytes.isWord(request[1], "sync") || Bytes.isWord(request[1], "async"))
    else { return reply.error(KeyValueReply.syntax) }
    clear()
    reply.simple("OK")
  }
}
