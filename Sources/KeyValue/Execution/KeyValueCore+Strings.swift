import RESP

/// GET, SET and their like.
extension KeyValueCore {
  /// Whether a key may be written; else the error is appended.
  @inline(__always)
  func isKey(_ key: UnsafeRawBufferPointer, _ reply: inout ReplyBuffer) -> Bool {
    if key.count > 0, key.count <= KeyValueLimits.keyBytesMax { return true }
    reply.error(KeyValueReply.keyLength)
    return false
  }

  /// The entry of a key that holds bytes; counts whether it is there.
  @inline(__always)
  private mutating func look(_ key: UnsafeRawBufferPointer) -> UInt32? {
    let number = find(key)
    if number == nil { statistics.misses += 1 } else { statistics.hits += 1 }
    return number
  }

  @inline(__always)
  func isBytes(_ number: UInt32) -> Bool {
    table.entry(number).pointee.kind == ValueKind.bytes.rawValue
  }

  @inline(__always)
  mutating func get(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = look(request[1]) else { return reply.null() }
    guard isBytes(number) else {
      _ = newest(number, &reply)
      return
    }
    reply.bulk(table.entry(number).pointee.value)
  }

  /// Appends the newest string of an entry that has a replicated value; false if it has none, after
  /// the error.
  private func newest(_ number: UInt32, _ reply: inout ReplyBuffer) -> Bool {
    guard let text = texts(number).first else {
      reply.error(KeyValueReply.wrongType)
      return false
    }
    reply.bulk(text)
    return true
  }

  /// Whether a key can be given a string of so many bytes; else the error is appended.
  @inline(__always)
  private func hasRoom(
    _ key: UnsafeRawBufferPointer, _ bytes: Int, _ reply: inout ReplyBuffer
  ) -> Bool {
    if hasRoom(key, bytes) { return true }
    reply.error(KeyValueReply.tooLong)
    return false
  }

  /// How SET and EXPIRE are told a time.
  private enum SetTime {
    case none
    case keep
    case given(argument: Int, unit: UInt64, isRelative: Bool)
  }

  mutating func set(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard isKey(request[1], &reply), hasRoom(request[1], request[2].count, &reply) else { return }
    guard request.count > 3 else {
      set(request[1], request[2])
      return reply.simple("OK")
    }
    var (isNew, isOld, isGet) = (false, false, false)
    var time = SetTime.none
    var index = 3
    while index < request.count {
      let word = request[index]
      let hasNext = index + 1 < request.count
      if case .none = time, hasNext, let (unit, isRelative) = Self.timeUnit(word) {
        time = .given(argument: index + 1, unit: unit, isRelative: isRelative)
        index += 1
      } else if Bytes.isWord(word, "nx"), !isOld {
        isNew = true
      } else if Bytes.isWord(word, "xx"), !isNew {
        isOld = true
      } else if Bytes.isWord(word, "get") {
        isGet = true
      } else if Bytes.isWord(word, "keepttl") {
        switch time {
        case .none, .keep: time = .keep
        case .given: return reply.error(KeyValueReply.syntax)
        }
      } else {
        return reply.error(KeyValueReply.syntax)
      }
      index += 1
    }
    var expiry: UInt64 = 0
    if case .given(let argument, let unit, let isRelative) = time {
      guard let time = moment(request[argument], unit, isRelative, of: "set", &reply) else {
        return
      }
      expiry = time
    }
    let number = find(request[1])
    if isGet {
      if let number, !isBytes(number) {
        guard newest(number, &reply) else { return }
      } else if let number {
        reply.bulk(table.entry(number).pointee.value)
      } else {
        reply.null()
      }
    }
    if isNew && number != nil || isOld && number == nil {
      return isGet ? () : reply.null()
    }
    if case .keep = time, let number { expiry = table.entry(number).pointee.expiry }
    if expiry != 0, expiry <= expiryNow {
      // A time that is over: as in Redis, the key is gone at once.
      if let number { delete(number) }
    } else {
      set(request[1], request[2], expiry: expiry)
    }
    if !isGet { reply.simple("OK") }
  }

  private static func timeUnit(
    _ word: UnsafeRawBufferPointer
  ) -> (unit: UInt64, isRelative: Bool)? {
    if Bytes.isWord(word, "ex") { return (1000, true) }
    if Bytes.isWord(word, "px") { return (1, true) }
    if Bytes.isWord(word, "exat") { return (1000, false) }
    if Bytes.isWord(word, "pxat") { return (1, false) }
    return nil
  }

  /// The time that SET is given, in milliseconds since 1970, after 0; nil after an error.
  private func moment(
    _ word: UnsafeRawBufferPointer, _ unit: UInt64, _ isRelative: Bool, of command: String,
    _ reply: inout ReplyBuffer
  ) -> UInt64? {
    guard let number = DecimalText.integer(word) else {
      reply.error(KeyValueReply.notInteger)
      return nil
    }
    guard number > 0, let time = absolute(number, Int64(unit), isRelative), time > 0 else {
      reply.error("ERR invalid expire time in '\(command)' command")
      return nil
    }
    return UInt64(time)
  }

  /// A time in milliseconds since 1970; nil if it is out of range.
  func absolute(_ number: Int64, _ unit: Int64, _ isRelative: Bool) -> Int64? {
    let (milliseconds, isLarge) = number.multipliedReportingOverflow(by: unit)
    if isLarge { return nil }
    guard isRelative else { return milliseconds }
    let (sum, isLarger) = milliseconds.addingReportingOverflow(Int64(expiryNow))
    return isLarger ? nil : sum
  }

  mutating func setNX(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard isKey(request[1], &reply), hasRoom(request[1], request[2].count, &reply) else { return }
    if find(request[1]) != nil { return reply.integer(0) }
    set(request[1], request[2])
    reply.integer(1)
  }

  mutating func getDelete(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = look(request[1]) else { return reply.null() }
    if isBytes(number) {
      reply.bulk(table.entry(number).pointee.value)
    } else {
      guard newest(number, &reply) else { return }
    }
    delete(number)
  }

  mutating func getMany(
    _ request: RequestArguments, _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    let start = reply.count
    reply.array(request.count - 1)
    for index in 1..<request.count {
      if let number = look(request[index]), isBytes(number) {
        reply.bulk(table.entry(number).pointee.value)
      } else if let number = find(request[index]), let text = texts(number).first {
        reply.bulk(text)
      } else {
        reply.null()
      }
      // The client is closed; there is no need to make all of it.
      if reply.count - start > KeyValueLimits.replyBytesMax { return .next }
    }
    return .next
  }

  mutating func setMany(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard request.count % 2 == 1 else {
      return reply.error("ERR wrong number of arguments for 'mset' command")
    }
    // All or nothing.
    for index in stride(from: 1, to: request.count, by: 2) {
      guard isKey(request[index], &reply),
        hasRoom(request[index], request[index + 1].count, &reply)
      else { return }
    }
    for index in stride(from: 1, to: request.count, by: 2) {
      set(request[index], request[index + 1])
    }
    reply.simple("OK")
  }

  mutating func append(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard isKey(request[1], &reply) else { return }
    guard let number = find(request[1]) else {
      set(request[1], request[2])
      return reply.integer(Int64(request[2].count))
    }
    guard isBytes(number), !settings.keepsSiblings else {
      return appendReplicated(number, request, &reply)
    }
    let bytes = Int(table.entry(number).pointee.valueBytes) + request[2].count
    guard bytes <= KeyValueLimits.valueBytesMax else {
      return reply.error(KeyValueReply.tooLong)
    }
    note(number)
    stamp(number)
    table.append(number, request[2])
    reply.integer(Int64(bytes))
  }

  /// The newest string with what is appended takes the place of all that stand side by side.
  private mutating func appendReplicated(
    _ number: UInt32, _ request: RequestArguments, _ reply: inout ReplyBuffer
  ) {
    guard var text = texts(number).first else { return reply.error(KeyValueReply.wrongType) }
    text += request.bytes(2)
    guard hasRoom(request[1], text.count, &reply) else { return }
    let expiry = table.entry(number).pointee.expiry
    text.withUnsafeBytes { set(request[1], $0, expiry: expiry) }
    reply.integer(Int64(text.count))
  }

  mutating func length(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = look(request[1]) else { return reply.integer(0) }
    guard isBytes(number) else {
      guard let text = texts(number).first else { return reply.error(KeyValueReply.wrongType) }
      return reply.integer(Int64(text.count))
    }
    reply.integer(Int64(table.entry(number).pointee.valueBytes))
  }

  // MARK: Numbers

  mutating func addArgument(
    _ request: RequestArguments, isNegative: Bool, _ reply: inout ReplyBuffer
  ) {
    guard let number = DecimalText.integer(request[2]) else {
      return reply.error(KeyValueReply.notInteger)
    }
    guard isNegative else { return add(number, to: request, &reply) }
    guard number != .min else { return reply.error("ERR decrement would overflow") }
    add(-number, to: request, &reply)
  }

  mutating func add(_ change: Int64, to request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard isKey(request[1], &reply) else { return }
    var (old, expiry): (Int64, UInt64) = (0, 0)
    if let number = find(request[1]) {
      let parsed: Int64?
      if isBytes(number) {
        parsed = DecimalText.integer(table.entry(number).pointee.value)
      } else {
        guard let text = texts(number).first else { return reply.error(KeyValueReply.wrongType) }
        parsed = text.withUnsafeBytes { DecimalText.integer($0) }
      }
      guard let held = parsed else { return reply.error(KeyValueReply.notInteger) }
      (old, expiry) = (held, table.entry(number).pointee.expiry)
    }
    let (sum, isLarge) = old.addingReportingOverflow(change)
    if isLarge { return reply.error(KeyValueReply.overflow) }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DecimalText.digitsMax) { digits in
      let count = DecimalText.write(sum, to: digits.baseAddress!)
      set(
        request[1], UnsafeRawBufferPointer(start: digits.baseAddress, count: count), expiry: expiry)
    }
    reply.integer(sum)
  }
}
