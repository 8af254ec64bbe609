import RESP

/// Times at which keys end.
extension KeyValueCore {
  private struct ExpireOptions: OptionSet {
    let rawValue: UInt8
    static let nx = ExpireOptions(rawValue: 1)
    static let xx = ExpireOptions(rawValue: 2)
    static let gt = ExpireOptions(rawValue: 4)
    static let lt = ExpireOptions(rawValue: 8)
  }

  mutating func expire(
    _ request: RequestArguments, unit: Int64, isRelative: Bool, _ reply: inout ReplyBuffer
  ) {
    guard let options = expireOptions(request, &reply) else { return }
    guard let amount = DecimalText.integer(request[2]) else {
      return reply.error(KeyValueReply.notInteger)
    }
    guard let time = absolute(amount, unit, isRelative) else {
      let command = String(decoding: request[0].map(Bytes.lower), as: UTF8.self)
      return reply.error("ERR invalid expire time in '\(command)' command")
    }
    guard let number = find(request[1]) else { return reply.integer(0) }
    let held = table.entry(number).pointee.expiry
    if options.contains(.nx) && held != 0 || options.contains(.xx) && held == 0
      || options.contains(.gt) && (held == 0 || time <= Int64(held))
      || options.contains(.lt) && held != 0 && time >= Int64(held)
    {
      return reply.integer(0)
    }
    if time <= Int64(expiryNow) {
      delete(number)
    } else {
      changeExpiry(number, to: UInt64(time))
    }
    reply.integer(1)
  }

  /// Nil after an error.
  private func expireOptions(
    _ request: RequestArguments, _ reply: inout ReplyBuffer
  ) -> ExpireOptions? {
    var options: ExpireOptions = []
    for index in 3..<max(3, request.count) {
      if Bytes.isWord(request[index], "nx") {
        options.insert(.nx)
      } else if Bytes.isWord(request[index], "xx") {
        options.insert(.xx)
      } else if Bytes.isWord(request[index], "gt") {
        options.insert(.gt)
      } else if Bytes.isWord(request[index], "lt") {
        options.insert(.lt)
      } else {
        reply.error("ERR Unsupported option \(request.text(index))")
        return nil
      }
    }
    if options.contains(.nx), options != .nx {
      reply.error("ERR NX and XX, GT or LT options at the same time are not compatible")
      return nil
    }
    if options.isSuperset(of: [.gt, .lt]) {
      reply.error("ERR GT and LT options at the same time are not compatible")
      return nil
    }
    return options
  }

  mutating func timeLeft(
    _ request: RequestArguments, unit: UInt64, _ reply: inout ReplyBuffer
  ) {
    guard let number = find(request[1]) else { return reply.integer(-2) }
    let expiry = table.entry(number).pointee.expiry
    guard expiry != 0 else { return reply.integer(-1) }
    // Rounded, as Redis does.
    reply.integer(Int64((expiry - expiryNow + unit / 2) / unit))
  }

  mutating func persist(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = find(request[1]), table.entry(number).pointee.expiry != 0 else {
      return reply.integer(0)
    }
    changeExpiry(number, to: 0)
    reply.integer(1)
  }
}
