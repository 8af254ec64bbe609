import Primitives
import RESP

/// What concerns the connection alone.
extension KeyValueCore {
  mutating func connection(
    _ id: CommandID, _ request: RequestArguments, _ session: inout ClientSession,
    _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    switch id {
    case .ping: ping(request, &reply)
    case .echo: reply.bulk(request[1])
    case .hello: hello(request, &session, &reply)
    case .auth: authenticate(request, &session, &reply)
    case .select: select(request, &reply)
    case .quit:
      reply.simple("OK")
      return .close
    case .reset:
      end(&session)
      session.name = []
      session.version = .two
      session.isAuthenticated = settings.password == nil
      reply.version = .two
      reply.simple("RESET")
    default: return client(request, &session, &reply)
    }
    return .next
  }

  private func ping(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch request.count {
    case 1: reply.simple("PONG")
    case 2: reply.bulk(request[1])
    default: reply.error("ERR wrong number of arguments for 'ping' command")
    }
  }

  private func select(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = DecimalText.integer(request[1]) else {
      return reply.error(KeyValueReply.notInteger)
    }
    guard Int32(exactly: number) != nil else {
      return reply.error(
        "ERR value is out of range, value must between -2147483648 and 2147483647")
    }
    number == 0 ? reply.simple("OK") : reply.error("ERR DB index is out of range")
  }

  // MARK: Who it is

  private static let wrongPassword: StaticString =
    "WRONGPASS invalid username-password pair or user is disabled."

  /// Whether user and password are right; compares in a time that tells nothing of the password.
  private func isRight(_ user: UnsafeRawBufferPointer?, _ word: UnsafeRawBufferPointer) -> Bool {
    if let user, !Bytes.isWord(user, "default") { return false }
    // As in Redis, a user that needs no password takes any.
    guard let password = settings.password else { return true }
    return Blake2b256.hash(word).isEqualInConstantTime(to: Blake2b256.hash(password))
  }

  private func authenticate(
    _ request: RequestArguments, _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) {
    guard request.count <= 3 else { return reply.error(KeyValueReply.syntax) }
    if request.count == 2, settings.password == nil {
      return reply.error(
        """
        ERR AUTH <password> called without any password configured for the default user. Are you \
        sure your configuration is correct?
        """)
    }
    let user = request.count == 3 ? request[1] : nil
    guard isRight(user, request[request.count - 1]) else {
      return reply.error(Self.wrongPassword)
    }
    session.isAuthenticated = true
    reply.simple("OK")
  }

  private func hello(
    _ request: RequestArguments, _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) {
    var version = session.version
    if request.count > 1 {
      guard let number = DecimalText.integer(request[1]) else {
        return reply.error("ERR Protocol version is not an integer or out of range")
      }
      guard number == 2 || number == 3 else {
        return reply.error("NOPROTO unsupported protocol version")
      }
      version = number == 3 ? .three : .two
    }
    var isAuthenticated = session.isAuthenticated
    var name: [UInt8]?
    var index = 2
    while index < request.count {
      let rest = request.count - index - 1
      if Bytes.isWord(request[index], "auth"), rest >= 2 {
        guard isRight(request[index + 1], request[index + 2]) else {
          return reply.error(Self.wrongPassword)
        }
        isAuthenticated = true
        index += 3
      } else if Bytes.isWord(request[index], "setname"), rest >= 1 {
        guard Self.isName(request[index + 1]) else { return reply.error(Self.badName) }
        name = request.bytes(index + 1)
        index += 2
      } else {
        return reply.error("ERR Syntax error in HELLO option '\(request.text(index))'")
      }
    }
    guard isAuthenticated else {
      return reply.error(
        """
        NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO \
        AUTH <user> <pass> option can be used to authenticate the client and select the RESP \
        protocol version at the same time
        """)
    }
    session.isAuthenticated = true
    if let name { session.name = name }
    session.version = version
    reply.version = version
    reply.map(7)
    for (key, value) in [("server", "redis"), ("version", Self.redisVersion)] {
      reply.bulk(key)
      reply.bulk(value)
    }
    reply.bulk("proto")
    reply.integer(Int64(version.rawValue))
    reply.bulk("id")
    reply.integer(Int64(session.id))
    for (key, value) in [("mode", "standalone"), ("role", "master")] {
      reply.bulk(key)
      reply.bulk(value)
    }
    reply.bulk("modules")
    reply.array(0)
  }

  /// The version of Redis whose commands these are.
  static let redisVersion = "7.0.15"

  // MARK: CLIENT

  private static let badName: StaticString =
    "ERR Client names cannot contain spaces, newlines or special characters."

  private static func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count <= KeyValueLimits.clientNameBytesMax && bytes.allSatisfy { (33...126).contains($0) }
  }

  private func client(
    _ request: RequestArguments, _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    guard let name = subcommand(of: .client, request, &reply) else { return .next }
    switch name {
    case "id": reply.integer(Int64(session.id))
    case "info": return .listClients([session.id])
    case "list": return listedClients(request, &reply)
    case "getname": session.name.isEmpty ? reply.null() : reply.bulk(session.name)
    case "setname":
      guard Self.isName(request[2]) else {
        reply.error(Self.badName)
        return .next
      }
      session.name = request.bytes(2)
      reply.simple("OK")
    case "setinfo": setInfo(request, &session, &reply)
    case "no-evict", "no-touch":
      let isSwitch = Bytes.isWord(request[2], "on") || Bytes.isWord(request[2], "off")
      isSwitch ? reply.simple("OK") : reply.error(KeyValueReply.syntax)
    case "maint_notifications":
      if request.count >= 3, Bytes.isWord(request[2], "off") {
        reply.simple("OK")
      } else {
        reply.error("ERR nothing is ever moved here, so there is no word of it")
      }
    default: help(of: .client, &reply)
    }
    return .next
  }

  private func listedClients(
    _ request: RequestArguments, _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    if request.count == 2 { return .listClients(nil) }
    guard Bytes.isWord(request[2], "id"), request.count > 3 else {
      reply.error(KeyValueReply.syntax)
      return .next
    }
    // Each once, however often it is named.
    var ids: Set<UInt64> = []
    for index in 3..<request.count {
      guard let id = DecimalText.integer(request[index]), id > 0 else {
        reply.error("ERR Invalid client ID")
        return .next
      }
      ids.insert(UInt64(id))
    }
    return .listClients(Array(ids))
  }

  private func setInfo(
    _ request: RequestArguments, _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) {
    guard Self.isName(request[3]) else {
      return reply.error(
        "ERR \(request.text(2)) cannot contain spaces, newlines or special characters.")
    }
    if Bytes.isWord(request[2], "lib-name") {
      session.libraryName = request.bytes(3)
    } else if Bytes.isWord(request[2], "lib-ver") {
      session.libraryVersion = request.bytes(3)
    } else {
      return reply.error("ERR Unrecognized option '\(request.text(2))'")
    }
    reply.simple("OK")
  }

  // MARK: Second words

  /// The second word in lower case, if the command has it and it gets as many arguments as it
  /// needs; nil after an error.
  func subcommand(
    of id: CommandID, _ request: RequestArguments, _ reply: inout ReplyBuffer
  ) -> String? {
    let word = String(decoding: request[1].prefix(128).map(Bytes.lower), as: UTF8.self)
    let known = commands.commands[Int(id.rawValue)].subcommands
    guard let found = known.first(where: { $0.name == word }) else {
      let typed = String(decoding: request[1].prefix(128), as: UTF8.self)
      reply.error(
        "ERR unknown subcommand '\(typed)'. Try \("\(id)".uppercased()) HELP.")
      return nil
    }
    guard found.arity >= 0 ? request.count == found.arity : request.count >= -found.arity else {
      reply.error("ERR wrong number of arguments for '\(id)|\(word)' command")
      return nil
    }
    return word
  }

  func help(of id: CommandID, _ reply: inout ReplyBuffer) {
    let known = commands.commands[Int(id.rawValue)].subcommands
    reply.array(2 * known.count + 1)
    reply.bulk("\("\(id)".uppercased()) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
    for subcommand in known {
      reply.bulk(
        subcommand.name.uppercased() + (subcommand.syntax.isEmpty ? "" : " " + subcommand.syntax))
      reply.bulk("    " + subcommand.summary)
    }
  }
}
