extension CommandSpecification {
  /// All commands, in the order of `CommandID`.
  public static let all = strings + keyspace + expiry + connection + server + sync + values

  private static let oneKey = (1, 1, 1)
  private static let manyKeys = (1, -1, 1)

  private static let strings: [CommandSpecification] = [
    .init(
      .get, 2, [.readonly, .fast], keys: oneKey, "string", "key", "Gives the value of a key.",
      since: "1.0.0"),
    .init(
      .set, -3, [.write, .denyoom], keys: oneKey, "string",
      "key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]",
      "Gives a key a value.", since: "1.0.0"),
    .init(
      .setnx, 3, [.write, .denyoom, .fast], keys: oneKey, "string", "key value",
      "Gives a key a value unless it has one.", since: "1.0.0"),
    .init(
      .getdel, 2, [.write, .fast], keys: oneKey, "string", "key",
      "Gives the value of a key and deletes it.", since: "6.2.0"),
    .init(
      .mget, -2, [.readonly, .fast], keys: manyKeys, "string", "key [key ...]",
      "Gives the values of keys.", since: "1.0.0"),
    .init(
      .mset, -3, [.write, .denyoom], keys: (1, -1, 2), "string", "key value [key value ...]",
      "Gives keys their values.", since: "1.0.1"),
    .init(
      .append, 3, [.write, .denyoom, .fast], keys: oneKey, "string", "key value",
      "Appends bytes to the value of a key.", since: "2.0.0"),
    .init(
      .strlen, 2, [.readonly, .fast], keys: oneKey, "string", "key",
      "Gives the bytes of a value.", since: "2.2.0"),
    .init(
      .incr, 2, [.write, .denyoom, .fast], keys: oneKey, "string", "key",
      "Adds one to the whole number of a key.", since: "1.0.0"),
    .init(
      .decr, 2, [.write, .denyoom, .fast], keys: oneKey, "string", "key",
      "Takes one from the whole number of a key.", since: "1.0.0"),
    .init(
      .incrby, 3, [.write, .denyoom, .fast], keys: oneKey, "string", "key number",
      "Adds to the whole number of a key.", since: "1.0.0"),
    .init(
      .decrby, 3, [.write, .denyoom, .fast], keys: oneKey, "string", "key number",
      "Takes from the whole number of a key.", since: "1.0.0"),
  ]

  private static let keyspace: [CommandSpecification] = [
    .init(
      .del, -2, [.write], keys: manyKeys, "generic", "key [key ...]", "Deletes keys.",
      since: "1.0.0"),
    .init(
      .unlink, -2, [.write, .fast], keys: manyKeys, "generic", "key [key ...]",
      "Deletes keys, as DEL does.", since: "4.0.0"),
    .init(
      .exists, -2, [.readonly, .fast], keys: manyKeys, "generic", "key [key ...]",
      "Counts those of the keys that have a value.", since: "1.0.0"),
    .init(
      .type, 2, [.readonly, .fast], keys: oneKey, "generic", "key",
      "Gives the type of a value: string, crdt or none.", since: "1.0.0"),
    .init(
      .keys, 2, [.readonly], "generic", "pattern", "Gives all keys that a pattern fits.",
      since: "1.0.0"),
    .init(
      .scan, -2, [.readonly], "generic", "cursor [MATCH pattern] [COUNT n] [TYPE type]",
      "Gives some keys, and the cursor to go on from.", since: "2.8.0"),
    .init(
      .randomkey, 1, [.readonly], "generic", "", "Gives any key.", since: "1.0.0"),
    .init(
      .dbsize, 1, [.readonly, .fast], "server", "", "Counts the keys.", since: "1.0.0"),
    .init(
      .flushall, -1, [.write], "server", "[ASYNC | SYNC]", "Deletes all keys.", since: "1.0.0"),
    .init(
      .flushdb, -1, [.write], "server", "[ASYNC | SYNC]", "Deletes all keys.", since: "1.0.0"),
  ]

  private static let expiry: [CommandSpecification] = [
    .init(
      .expire, -3, [.write, .fast], keys: oneKey, "generic", "key s [NX | XX | GT | LT]",
      "Ends a key after so many seconds.", since: "1.0.0"),
    .init(
      .pexpire, -3, [.write, .fast], keys: oneKey, "generic", "key ms [NX | XX | GT | LT]",
      "Ends a key after so many milliseconds.", since: "2.6.0"),
    .init(
      .expireat, -3, [.write, .fast], keys: oneKey, "generic", "key s [NX | XX | GT | LT]",
      "Ends a key at a time in seconds since 1970.", since: "1.2.0"),
    .init(
      .pexpireat, -3, [.write, .fast], keys: oneKey, "generic", "key ms [NX | XX | GT | LT]",
      "Ends a key at a time in milliseconds since 1970.", since: "2.6.0"),
    .init(
      .ttl, 2, [.readonly, .fast], keys: oneKey, "generic", "key",
      "Gives the seconds that a key still has.", since: "1.0.0"),
    .init(
      .pttl, 2, [.readonly, .fast], keys: oneKey, "generic", "key",
      "Gives the milliseconds that a key still has.", since: "2.6.0"),
    .init(
      .persist, 2, [.write, .fast], keys: oneKey, "generic", "key",
      "Makes a key last for good.", since: "2.2.0"),
  ]

  private static let free: Flags = [.noscript, .loading, .stale, .fast, .noAuth]
  private static let any: Flags = [.loading, .stale]

  private static let connection: [CommandSpecification] = [
    .init(
      .ping, -1, [.fast], "connection", "[message]", "Answers PONG, or the message.",
      since: "1.0.0"),
    .init(.echo, 2, [.fast], "connection", "message", "Answers the message.", since: "1.0.0"),
    .init(
      .hello, -1, free, "connection", "[2 | 3 [AUTH user password] [SETNAME name]]",
      "Chooses the protocol and tells of the server.", since: "6.0.0"),
    .init(
      .auth, -2, free, "connection", "[user] password", "Gives the password.", since: "1.0.0"),
    .init(
      .select, 2, [.loading, .stale, .fast], "connection", "0",
      "Chooses the database, of which there is one.", since: "1.0.0"),
    .init(
      .client, -2, [], "connection", "command ...", "Tells of connections and names them.",
      since: "2.4.0", subcommands: clientCommands),
    .init(
      .quit, -1, free, "connection", "", "Closes the connection.", since: "1.0.0"),
    .init(
      .reset, 1, free, "connection", "", "Makes the connection as it was at its begin.",
      since: "6.2.0"),
  ]

  private static let clientCommands: [Subcommand] = [
    .init("id", 2, "", "Gives the number of this connection."),
    .init("info", 2, "", "Tells of this connection."),
    .init("list", -2, "[ID id ...]", "Tells of all connections."),
    .init("getname", 2, "", "Gives the name of this connection."),
    .init("setname", 3, "name", "Names this connection."),
    .init("setinfo", 4, "LIB-NAME | LIB-VER text", "Says which library the client uses."),
    .init("no-evict", 3, "ON | OFF", "Taken and without effect: no client is closed for room."),
    .init("no-touch", 3, "ON | OFF", "Taken and without effect: there is no LRU."),
    .init("maint_notifications", -3, "ON | OFF ...", "Refused: nothing is ever moved."),
    .init("help", 2, "", "Lists these."),
  ]

  private static let server: [CommandSpecification] = [
    .init(
      .command, -1, any, "server", "[COUNT | DOCS | INFO | LIST ...]", "Tells of the commands.",
      since: "2.8.13",
      subcommands: [
        .init("count", 2, "", "Counts the commands."),
        .init("docs", -2, "[name ...]", "Explains commands."),
        .init("info", -2, "[name ...]", "Tells of commands."),
        .init("list", -2, "[FILTERBY PATTERN pattern]", "Lists the commands."),
        .init("help", 2, "", "Lists these."),
      ]),
    .init(
      .config, -2, [.admin, .noscript, .loading, .stale], "server", "GET pattern ...",
      "Gives settings.", since: "2.0.0",
      subcommands: [
        .init("get", -3, "pattern [pattern ...]", "Gives the settings that patterns fit."),
        .init("resetstat", 2, "", "Counts anew."),
        .init("help", 2, "", "Lists these."),
      ]),
    .init(
      .info, -1, any, "server", "[section ...]", "Tells of the server.", since: "1.0.0"),
    .init(
      .role, 1, [.noscript, .loading, .stale, .fast], "server", "",
      "Says that writes are taken here, and which replicas are linked.", since: "2.8.12"),
    .init(.time, 1, [.loading, .stale, .fast], "server", "", "Gives the time.", since: "2.6.0"),
    .init(
      .wait, 3, [.noscript], "generic", "replicas ms",
      "Waits until replicas have this client's writes; gives how many have.", since: "3.0.0"),
    .init(
      .save, 1, [.admin, .noscript], "server", "", "Writes everything to disk.", since: "1.0.0"),
    .init(
      .bgsave, -1, [.admin, .noscript], "server", "[SCHEDULE]",
      "Begins to write everything to disk.", since: "1.0.0"),
    .init(
      .lastsave, 1, [.loading, .stale, .fast], "server", "",
      "Gives when everything was written last, or the start.", since: "1.0.0"),
    .init(
      .shutdown, -1, [.admin, .noscript, .loading, .stale], "server",
      "[NOSAVE | SAVE] [NOW] [FORCE]", "Ends the server.", since: "1.0.0"),
  ]

  private static let sync: [CommandSpecification] = [
    .init(
      .syncStatus, 1, any, "replication", "",
      "Tells of this replica, of its rounds, and of what they found.", since: "7.0.15"),
    .init(
      .syncPeers, 1, any, "replication", "", "Tells of the other replicas.", since: "7.0.15"),
    .init(
      .syncNow, 1, any, "replication", "",
      "Begins a round with each linked replica; gives with how many.", since: "7.0.15"),
    .init(
      .syncDigest, 1, [.readonly], "replication", "",
      "Gives the root of the Merkle tree: replicas that have the same hold the same.",
      since: "7.0.15"),
    .init(
      .syncRepair, 1, [.admin, .noscript], "replication", "",
      "Makes the Merkle tree anew of the data, and begins a round.", since: "7.0.15"),
    .init(
      .syncForget, 2, [.admin, .noscript], "replication", "key",
      "Removes a replica from the cluster, everywhere.", since: "7.0.15"),
  ]
}
