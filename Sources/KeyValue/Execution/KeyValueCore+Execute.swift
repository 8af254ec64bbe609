import RESP

extension KeyValueCore {
  /// Executes a request, and appends its reply to `reply` unless the outcome says that the server
  /// answers. Within a batch.
  public mutating func execute(
    _ request: RequestArguments, for session: inout ClientSession, into reply: inout ReplyBuffer
  ) -> AfterRequest {
    let start = reply.count
    reply.version = session.version
    statistics.requests += 1
    session.lastAt = now
    let after = check(request, &session, &reply)
    if reply.count > start, reply.byte(at: start) == UInt8(ascii: "-") { statistics.errors += 1 }
    if reply.count - start > KeyValueLimits.replyBytesMax {
      let bytes = reply.count - start
      reply.cut(to: start)
      return .refuseReply(bytes: bytes)
    }
    return after
  }

  /// Executes requests of a row, one after another, until one asks something of the server or
  /// `replyBytes` bytes of replies were appended. Within a batch.
  /// - Returns: how many were executed, the bytes they have, and what is to be done after the last.
  public mutating func execute(
    _ row: borrowing RequestRow, in bytes: UnsafeRawBufferPointer, for session: inout ClientSession,
    into reply: inout ReplyBuffer, replyBytes: Int
  ) -> (bytes: Int, after: AfterRequest) {
    let start = reply.count
    let isAhead = row.count > 1
    if isAhead { prepare(row, in: bytes) }
    defer { if isAhead { useHint(nil) } }
    var used = 0
    var after = AfterRequest.next
    for index in 0..<row.count where after == .next && reply.count - start <= replyBytes {
      if isAhead { useHint(index) }
      after = row.withArguments(index, in: bytes) { execute($0, for: &session, into: &reply) }
      used += row.bytes(index)
    }
    return (used, after)
  }

  @inline(__always)
  private mutating func check(
    _ request: RequestArguments, _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    guard let number = commands.find(request[0]) else {
      reply.error(Self.unknown(request))
      return .next
    }
    let id = commands.commands[number].id
    guard commands.commands[number].takes(request.count) else {
      reply.error("ERR wrong number of arguments for '\(id.name)' command")
      return .next
    }
    let flags = commands.commands[number].flags
    if !session.isAuthenticated, !flags.contains(.noAuth) {
      reply.error("NOAUTH Authentication required.")
      return .next
    }
    if let writeRefusal, flags.contains(.write) {
      reply.error("MISCONF " + writeRefusal)
      return .next
    }
    session.lastCommand = id
    let after = run(id, request, &session, &reply)
    if flags.contains(.write) { session.lastWrite = lastTicks }
    return after
  }

  /// As Redis names what it does not know: the command, and the first arguments.
  private static func unknown(_ request: RequestArguments) -> String {
    func text(_ bytes: UnsafeRawBufferPointer.SubSequence) -> String {
      String(decoding: bytes, as: UTF8.self)
    }
    var arguments = ""
    for index in 1..<max(1, request.count) where arguments.utf8.count < 128 {
      arguments += "'\(text(request[index].prefix(128 - arguments.utf8.count)))' "
    }
    return "ERR unknown command '\(text(request[0].prefix(128)))', with args beginning with: "
      + arguments
  }

  private mutating func run(
    _ id: CommandID, _ request: RequestArguments, _ session: inout ClientSession,
    _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    switch id {
    case .get: get(request, &reply)
    case .set: set(request, &reply)
    case .setnx: setNX(request, &reply)
    case .getdel: getDelete(request, &reply)
    case .mget: return getMany(request, &reply)
    case .mset: setMany(request, &reply)
    case .append: append(request, &reply)
    case .strlen: length(request, &reply)
    case .incr: add(1, to: request, &reply)
    case .decr: add(-1, to: request, &reply)
    case .incrby: addArgument(request, isNegative: false, &reply)
    case .decrby: addArgument(request, isNegative: true, &reply)
    case .del, .unlink: delete(request, &reply)
    case .exists: exists(request, &reply)
    case .type: type(request, &reply)
    case .keys: return keys(request, &reply)
    case .scan: scan(request, &reply)
    case .randomkey: randomKey(&reply)
    case .dbsize: reply.integer(Int64(table.live))
    case .flushall, .flushdb: flush(request, &reply)
    case .expire: expire(request, unit: 1000, isRelative: true, &reply)
    case .pexpire: expire(request, unit: 1, isRelative: true, &reply)
    case .expireat: expire(request, unit: 1000, isRelative: false, &reply)
    case .pexpireat: expire(request, unit: 1, isRelative: false, &reply)
    case .ttl: timeLeft(request, unit: 1000, &reply)
    case .pttl: timeLeft(request, unit: 1, &reply)
    case .persist: persist(request, &reply)
    case .wait: return wait(request, &reply)
    case .time: time(&reply)
    case .lastsave: reply.integer(Int64((lastSavedAt ?? startedAt) / 1000))
    case .save: return .save(isInBackground: false)
    case .bgsave:
      guard request.count == 1 || request.count == 2 && Bytes.isWord(request[1], "schedule") else {
        reply.error(KeyValueReply.syntax)
        return .next
      }
      return .save(isInBackground: true)
    case .shutdown: return shutdown(request, &reply)
    case .command: command(request, &reply)
    case .config: configuration(request, &reply)
    case .info: info(request, &reply)
    case .role: return .sync(.role)
    case .syncStatus: return .sync(.status)
    case .syncPeers: return .sync(.peers)
    case .syncNow: return .sync(.now)
    case .syncDigest: reply.bulk(digest)
    case .syncRepair: return .sync(.repair)
    case .syncForget: return forget(request, &reply)
    case .syncSiblings, .crdtType, .crdtSet, .crdtGet, .crdtIncrby, .crdtDecrby, .crdtCount,
      .crdtSadd, .crdtSrem, .crdtSismember, .crdtSmembers, .crdtScard, .crdtHset, .crdtHget,
      .crdtHdel, .crdtHincrby, .crdtHgetall, .crdtHlen:
      replicatedValue(id, request, &reply)
    case .ping, .echo, .hello, .auth, .select, .client, .quit, .reset:
      return connection(id, request, &session, &reply)
    }
    return .next
  }
}

/// Errors that many commands give, in Redis' words.
enum KeyValueReply {
  static let wrongType: StaticString =
    "WRONGTYPE Operation against a key holding the wrong kind of value"
  static let syntax: StaticString = "ERR syntax error"
  static let notInteger: StaticString = "ERR value is not an integer or out of range"
  static let overflow: StaticString = "ERR increment or decrement would overflow"
  static let keyLength: StaticString = "ERR a key must have 1 to 511 bytes"
  static let tooLong: StaticString = "ERR string exceeds maximum allowed size (64 MiB)"
}
