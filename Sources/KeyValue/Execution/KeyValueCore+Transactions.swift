import RESP

/// MULTI, EXEC and their like. The requests of a transaction are executed in one batch, so their
/// effects are committed as a whole or not at all.
extension KeyValueCore {
  /// Refuses a request. A transaction that it would have been part of is refused too, and one that
  /// it would have executed is over.
  @inline(never)
  mutating func refuse(
    _ error: String, _ id: CommandID?, _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    guard id == .exec else {
      session.transaction?.isAborted = true
      reply.error(error)
      return .next
    }
    end(&session)
    let reason = error.hasPrefix("ERR ") ? error.dropFirst(4) : error[...]
    reply.error("EXECABORT Transaction discarded because of: \(reason)")
    return .next
  }

  /// Queues a request of a client that is in a transaction; those about the transaction itself are
  /// executed.
  @inline(never)
  mutating func queue(
    _ number: Int, _ request: RequestArguments, _ session: inout ClientSession,
    _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    let command = commands.commands[number]
    if !command.subcommands.isEmpty, request.count > 1,
      subcommand(of: command.id, request, &reply) == nil
    {
      session.transaction?.isAborted = true
      return .next
    }
    if command.flags.contains(.noMulti) {
      return refuse("ERR Command not allowed inside a transaction", command.id, &session, &reply)
    }
    let isExec = command.id == .exec
    let writes = command.flags.contains(.write) || isExec && session.transaction?.writes == true
    if let writeRefusal, writes {
      return refuse("MISCONF " + writeRefusal, command.id, &session, &reply)
    }
    switch command.id {
    case .exec, .discard, .multi, .watch, .quit, .reset:
      return run(command.id, request, &session, &reply)
    default: break
    }
    // Of one that will not be executed nothing has to be kept.
    if session.transaction?.isAborted == false {
      let memory = Transaction.memory(of: request)
      guard session.queuedRequests < KeyValueLimits.transactionRequestsMax else {
        let most = KeyValueLimits.transactionRequestsMax
        return refuse("ERR a transaction has more than \(most) requests", nil, &session, &reply)
      }
      guard queuedBytes + memory <= KeyValueLimits.queuedBytesMax else {
        let most = KeyValueLimits.queuedBytesMax
        return refuse(
          "ERR the transactions of all clients have more than \(most) bytes", nil, &session, &reply)
      }
      queuedBytes += memory
      session.transaction?.append(command.id, request, writes: writes)
    }
    reply.simple("QUEUED")
    return .next
  }

  func begin(_ session: inout ClientSession, _ reply: inout ReplyBuffer) {
    guard session.transaction == nil else {
      return reply.error("ERR MULTI calls can not be nested")
    }
    session.transaction = Transaction()
    reply.simple("OK")
  }

  mutating func discard(_ session: inout ClientSession, _ reply: inout ReplyBuffer) {
    guard session.transaction != nil else { return reply.error("ERR DISCARD without MULTI") }
    end(&session)
    reply.simple("OK")
  }

  mutating func executeTransaction(
    _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) -> AfterRequest {
    guard let transaction = session.transaction else {
      reply.error("ERR EXEC without MULTI")
      return .next
    }
    let isChanged = session.watches.contains {
      watched.changes(of: $0.hash) != $0.changes || $0.expiry != 0 && $0.expiry <= now
    }
    end(&session)
    if transaction.isAborted {
      reply.error("EXECABORT Transaction discarded because of previous errors.")
      return .next
    }
    guard !isChanged else {
      reply.nullArray()
      return .next
    }
    session.run = TransactionRun(transaction: transaction, start: reply.count)
    reply.array(transaction.count)
    return goOn(for: &session, into: &reply)
  }

  /// Goes on with a transaction behind what the server has answered. In the batch in which it was
  /// begun.
  mutating func goOn(
    for session: inout ClientSession, into reply: inout ReplyBuffer
  ) -> AfterRequest {
    guard var run = session.run else { return .next }
    session.run = nil
    reply.version = session.version
    while run.next < run.transaction.count {
      let start = reply.count
      let after = run.transaction.withRequest(run.next) {
        self.run($0, $1, &session, &reply)
      }
      run.next += 1
      if reply.count > start, reply.byte(at: start) == UInt8(ascii: "-") { statistics.errors += 1 }
      var refused: Int?
      if case .refuseReply(let bytes) = after { refused = bytes }
      let bytes = reply.count - run.start
      if bytes > KeyValueLimits.replyBytesMax { refused = bytes }
      if let refused {
        // The client will be closed. What it wants done is done all the same: all or nothing.
        run.refusedBytes = refused
        reply.cut(to: run.start)
      }
      switch after {
      case .next, .refuseReply: continue
      default:
        session.run = run
        return after
      }
    }
    guard let bytes = run.refusedBytes else { return .next }
    reply.cut(to: run.start)
    return .refuseReply(bytes: bytes)
  }

  // MARK: WATCH

  mutating func watch(
    _ request: RequestArguments, _ session: inout ClientSession, _ reply: inout ReplyBuffer
  ) {
    guard session.transaction == nil else {
      return reply.error("ERR WATCH inside MULTI is not allowed")
    }
    guard session.watches.count + request.count - 1 <= KeyValueLimits.watchedKeysMax else {
      return reply.error(
        "ERR a client can watch at most \(KeyValueLimits.watchedKeysMax) keys")
    }
    for index in 1..<request.count {
      let hash = table.longHash(request[index])
      let expiry = find(request[index]).map { table.entry($0).pointee.expiry } ?? 0
      session.watches.append(Watch(hash: hash, changes: watched.add(hash), expiry: expiry))
    }
    reply.simple("OK")
  }

  mutating func unwatch(_ session: inout ClientSession) {
    for watch in session.watches { watched.remove(watch.hash) }
    session.watches = []
  }

  /// Ends the transaction of a client, and what it watches. Also when its connection has ended.
  public mutating func end(_ session: inout ClientSession) {
    queuedBytes -= session.transaction?.memory ?? 0
    session.transaction = nil
    unwatch(&session)
  }

  /// An entry will be changed.
  @inline(never)
  mutating func changeWatched(_ number: UInt32) {
    watched.change(table.longHash(table.entry(number).pointee.key))
  }
}
