import Primitives
import RESP

/// What concerns the server: its commands, settings, figures.
extension KeyValueCore {
  func wait(_ request: RequestArguments, _ reply: inout ReplyBuffer) -> AfterRequest {
    guard let replicas = DecimalText.integer(request[1]) else {
      reply.error(KeyValueReply.notInteger)
      return .next
    }
    guard let time = DecimalText.integer(request[2]) else {
      reply.error("ERR timeout is not an integer or out of range")
      return .next
    }
    guard time >= 0 else {
      reply.error("ERR timeout is negative")
      return .next
    }
    return .wait(replicas: replicas, milliseconds: time)
  }

  func forget(_ request: RequestArguments, _ reply: inout ReplyBuffer) -> AfterRequest {
    guard let key = Hash256(hex: request.text(1)) else {
      reply.error("ERR a replica is named by its key of 64 hexadecimal digits")
      return .next
    }
    return .sync(.forget(PublicKey(raw: key)))
  }

  func time(_ reply: inout ReplyBuffer) {
    reply.array(2)
    reply.bulk(String(now / 1000))
    reply.bulk(String(now % 1000 * 1000))
  }

  func shutdown(_ request: RequestArguments, _ reply: inout ReplyBuffer) -> AfterRequest {
    var (saves, savesNot, isForced, isAborting, isNow) = (false, false, false, false, false)
    for index in 1..<max(1, request.count) {
      let word = request[index]
      if Bytes.isWord(word, "nosave") {
        savesNot = true
      } else if Bytes.isWord(word, "save") {
        saves = true
      } else if Bytes.isWord(word, "now") {
        isNow = true
      } else if Bytes.isWord(word, "force") {
        isForced = true
      } else if Bytes.isWord(word, "abort") {
        isAborting = true
      } else {
        reply.error(KeyValueReply.syntax)
        return .next
      }
    }
    if saves && savesNot || isAborting && (saves || savesNot || isForced || isNow) {
      reply.error(KeyValueReply.syntax)
      return .next
    }
    guard !isAborting else {
      reply.error("ERR No shutdown in progress.")
      return .next
    }
    return .shutdown(saves: saves, isForced: isForced)
  }

  // MARK: COMMAND

  func command(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    let all = Array(commands.commands.indices)
    guard request.count > 1 else {
      reply.array(all.count)
      for number in all { describe(number, &reply) }
      return
    }
    guard let word = subcommand(of: .command, request, &reply) else { return }
    switch word {
    case "count": reply.integer(Int64(all.count))
    case "info":
      let wanted = request.count == 2 ? all : named(request)
      let start = reply.count
      reply.array(wanted.count)
      // A client that asks for more than a reply may have is closed.
      for number in wanted where reply.count - start <= KeyValueLimits.replyBytesMax {
        if let number { describe(number, &reply) } else { reply.null() }
      }
    case "docs":
      let wanted = request.count == 2 ? all : named(request).compactMap { $0 }
      let start = reply.count
      reply.map(wanted.count)
      for number in wanted where reply.count - start <= KeyValueLimits.replyBytesMax {
        document(number, &reply)
      }
    case "list": list(request, &reply)
    default: help(of: .command, &reply)
    }
  }

  private func named(_ request: RequestArguments) -> [Int?] {
    (2..<request.count).map { commands.find(request[$0]) }
  }

  private func list(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    var names = commands.commands.map(\.name)
    if request.count > 2 {
      guard request.count == 5, Bytes.isWord(request[2], "filterby"),
        Bytes.isWord(request[3], "pattern")
      else { return reply.error(KeyValueReply.syntax) }
      names = names.filter { fits(request[4], $0) }
    }
    reply.array(names.count)
    for name in names { reply.bulk(name) }
  }

  private func fits(_ pattern: UnsafeRawBufferPointer, _ text: String) -> Bool {
    guard pattern.count <= KeyValueLimits.patternBytesMax else { return false }
    var text = text
    return text.withUTF8 { GlobPattern.fits(pattern, UnsafeRawBufferPointer($0)) }
  }

  private func describe(_ number: Int, _ reply: inout ReplyBuffer) {
    let command = commands.commands[number]
    reply.array(10)
    reply.bulk(command.name)
    reply.integer(Int64(command.arity))
    reply.set(command.flags.names.count)
    for flag in command.flags.names { reply.bulk(flag) }
    for key in [command.keys.first, command.keys.last, command.keys.step] {
      reply.integer(Int64(key))
    }
    reply.set(0)
    reply.set(0)
    reply.set(0)
    reply.array(0)
  }

  private func document(_ number: Int, _ reply: inout ReplyBuffer) {
    let command = commands.commands[number]
    reply.bulk(command.name)
    let hasSubcommands = !command.subcommands.isEmpty
    reply.map(hasSubcommands ? 4 : 3)
    let fields = [("summary", command.summary), ("since", command.since), ("group", command.group)]
    for (key, value) in fields {
      reply.bulk(key)
      reply.bulk(value)
    }
    guard hasSubcommands else { return }
    reply.bulk("subcommands")
    reply.map(command.subcommands.count)
    for subcommand in command.subcommands {
      reply.bulk("\(command.name)|\(subcommand.name)")
      reply.map(3)
      let fields = [
        ("summary", subcommand.summary), ("since", command.since), ("group", command.group),
      ]
      for (key, value) in fields {
        reply.bulk(key)
        reply.bulk(value)
      }
    }
  }

  // MARK: CONFIG

  /// The settings of Redis that have a meaning here, in the order of names.
  private var configurationValues: [(name: String, value: String)] {
    var values: [(name: String, value: String)] = []
    if let fsync = settings.fsync { values.append(("appendfsync", fsync)) }
    values += [
      ("appendonly", settings.fsync == nil ? "no" : "yes"), ("databases", "1"),
      ("maxclients", String(settings.clientsMax)), ("maxmemory", "0"),
      ("maxmemory-policy", "noeviction"), ("port", String(settings.port)),
      ("proto-max-bulk-len", String(KeyValueLimits.valueBytesMax)), ("save", ""), ("timeout", "0"),
    ]
    return values
  }

  mutating func configuration(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let word = subcommand(of: .config, request, &reply) else { return }
    switch word {
    case "get":
      let found = configurationValues.filter { setting in
        (2..<request.count).contains { fits(request[$0], setting.name) }
      }
      reply.map(found.count)
      for setting in found {
        reply.bulk(setting.name)
        reply.bulk(setting.value)
      }
    case "resetstat":
      var fresh = KeyValueStatistics()
      fresh.clients = statistics.clients
      statistics = fresh
      reply.simple("OK")
    default: help(of: .config, &reply)
    }
  }

  // MARK: INFO

  func info(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    let sections = infoSections
    var text = ""
    for section in sections where isWanted(section.name, request) {
      text += (text.isEmpty ? "" : "\r\n") + "# \(section.name)\r\n"
      for (key, value) in section.lines { text += "\(key):\(value)\r\n" }
    }
    reply.verbatim(text)
  }

  private func isWanted(_ section: String, _ request: RequestArguments) -> Bool {
    if request.count == 1 { return true }
    return (1..<request.count).contains { index in
      let word = String(decoding: request[index].prefix(64).map(Bytes.lower), as: UTF8.self)
      return ["all", "default", "everything", section.lowercased()].contains(word)
    }
  }

  private var infoSections: [(name: String, lines: [(String, String)])] {
    let overhead = overheadBytes
    return [
      (
        "Server",
        [
          ("redis_version", Self.redisVersion), ("livesync_version", settings.programVersion),
          ("redis_mode", "standalone"), ("tcp_port", "\(settings.port)"),
          ("uptime_in_seconds", "\((now - min(now, startedAt)) / 1000)"),
        ]
      ),
      (
        "Clients",
        [
          ("connected_clients", "\(statistics.clients)"), ("maxclients", "\(settings.clientsMax)"),
        ]
      ),
      (
        "Memory",
        [
          ("used_memory", "\(table.dataBytes + overhead)"),
          ("used_memory_dataset", "\(table.dataBytes)"), ("used_memory_overhead", "\(overhead)"),
          ("maxmemory", "0"), ("maxmemory_policy", "noeviction"),
        ]
      ),
      (
        "Persistence",
        [
          ("loading", "0"), ("aof_enabled", settings.fsync == nil ? "0" : "1"),
          ("rdb_bgsave_in_progress", isSaving ? "1" : "0"),
          ("rdb_last_save_time", "\((lastSavedAt ?? startedAt) / 1000)"),
        ]
      ),
      (
        "Stats",
        [
          ("total_connections_received", "\(statistics.connections)"),
          ("rejected_connections", "\(statistics.refusedConnections)"),
          ("total_commands_processed", "\(statistics.requests)"),
          ("total_net_input_bytes", "\(statistics.receivedBytes)"),
          ("total_net_output_bytes", "\(statistics.sentBytes)"),
          ("total_error_replies", "\(statistics.errors)"),
          ("expired_keys", "\(statistics.expired)"), ("evicted_keys", "0"),
          ("keyspace_hits", "\(statistics.hits)"), ("keyspace_misses", "\(statistics.misses)"),
          ("keys_written", "\(statistics.written)"),
          ("writing_batches", "\(statistics.writingBatches)"),
        ]
      ),
      (
        "Replication",
        [
          ("role", "master"), ("master_repl_offset", "\(lastTicks)"),
          ("replica_id", "\(settings.replica)"), ("records", "\(recordCount)"),
          ("tombstones", "\(recordCount - table.live)"),
        ] + (replicationLines?() ?? [("connected_slaves", "0")])
      ),
      (
        "Keyspace",
        table.live == 0
          ? [] : [("db0", "keys=\(table.live),expires=\(table.expiring),avg_ttl=0")]
      ),
    ]
  }
}
