import Glibc
import RESP
import Runtime

/// Reading and executing requests.
extension KeyValueServer {
  func isReady(_ client: ClientConnection, _ readiness: Readiness) {
    if readiness.contains(.writable), client.waitingBytes > 0 {
      guard client.flush() != .failed else { return close(client) }
      if closeIfDone(client) { return }
    }
    if readiness.contains(.closed) {
      client.isEnding = true
      if client.isBlocked { endOfBlocked(client) }
    }
    if readiness.contains(.readable) || client.isEnding { client.hasMore = true }
    work(client)
  }

  /// Executes what is there of a client, and reads more, as far as its turn goes.
  func work(_ client: ClientConnection) {
    guard !client.isClosed, !client.isClosing, !client.isBlocked, !client.isStalled else { return }
    guard client.hasMore || client.input.count > 0 else { return }
    openBatch()
    // Once a batch, so that its replies lie together.
    guard client.batch != batch else { return finishLater(client) }
    client.batch = batch
    let start = replies.count
    if client.input.count > 0 { executeInput(client) }
    var turn = KeyValueLimits.turnBytes
    while client.hasMore, !client.isClosing, !client.isBlocked, !isFull(client, start) {
      let count = client.input.count > 0 ? readOn(client) : readAnew(client)
      guard count > 0 else { break }
      core.statistics.receivedBytes += UInt64(count)
      turn -= count
      if turn <= 0 { break }
    }
    client.replies = start..<replies.count
    touched.append(client)
    let isFull = isFull(client, start)
    if !client.isClosing, !client.isBlocked, client.hasMore || isFull { finishLater(client) }
    if replies.count > KeyValueLimits.batchReplyBytes { endBatch() }
  }

  func finishLater(_ client: ClientConnection) {
    guard !client.isUnfinished else { return }
    client.isUnfinished = true
    unfinished.append(client)
  }

  /// Whether enough replies of a client wait.
  private func isFull(_ client: ClientConnection, _ start: Int) -> Bool {
    client.waitingBytes + replies.count - start > KeyValueLimits.waitingReplyBytes
  }

  /// Reads into the buffer of all clients, and keeps what is no whole request.
  private func readAnew(_ client: ClientConnection) -> Int {
    let count = receive(client, readBuffer)
    guard count > 0 else { return count }
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(readBuffer)[..<count])
    let used = execute(client, bytes)
    if used < count, !client.isClosing {
      client.input.append(UnsafeRawBufferPointer(rebasing: bytes[used...]))
      bound(client)
    }
    return count
  }

  /// Reads behind what is there.
  private func readOn(_ client: ClientConnection) -> Int {
    let count = receive(client, client.input.space(KeyValueLimits.readBytes))
    guard count > 0 else { return count }
    client.input.added(count)
    executeInput(client)
    return count
  }

  private func executeInput(_ client: ClientConnection) {
    let used = execute(client, client.input.bytes)
    client.input.drop(client.isClosing ? client.input.count : used)
    if !client.isClosing { bound(client) }
  }

  /// Refuses a client that sends much before it has authenticated itself.
  private func bound(_ client: ClientConnection) {
    guard client.session.bounds.isStranger,
      client.input.count > RESPLimits.strangerBytesMax
    else { return }
    refuse(client, .strangerBulkLength)
    client.input.drop(client.input.count)
  }

  /// Reads once. 0 if there is nothing now, or nothing any more.
  private func receive(
    _ client: ClientConnection, _ buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    while true {
      let count = recv(client.descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 {
        // There is nothing more now, and word comes of what will be, but for an end that was told.
        if count < buffer.count, !client.isEnding { client.hasMore = false }
        return count
      }
      if count == 0 {
        // The replies to what came before are still sent.
        client.isClosing = true
        client.hasMore = false
        return 0
      }
      if errno == EINTR { continue }
      client.hasMore = false
      if errno != EAGAIN {
        // Nobody is there to read what waits.
        client.isClosing = true
        client.isBroken = true
      }
      return 0
    }
  }

  /// Executes the requests that `bytes` begin with, and gives how many bytes they have.
  private func execute(_ client: ClientConnection, _ bytes: UnsafeRawBufferPointer) -> Int {
    let first = replies.count
    var used = 0
    while used < bytes.count, !client.isClosing, !client.isBlocked, !isFull(client, first) {
      let next = readRow(client, bytes, from: used)
      let executed = core.execute(
        row, in: bytes, for: &client.session, into: &replies,
        replyBytes: KeyValueLimits.waitingReplyBytes - client.waitingBytes - replies.count + first)
      used += executed.bytes
      if executed.after != .next { follow(executed.after, client) }
      guard used == row.end ?? used, !client.isClosing, !client.isBlocked, !isFull(client, first)
      else {
        // What was read and not executed is read again.
        client.parser.reset()
        continue
      }
      switch next {
      case nil: continue
      case .request(let count):
        let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
        let after = client.parser.withArguments(in: rest) {
          core.execute($0, for: &client.session, into: &replies)
        }
        used += count
        if after != .next { follow(after, client) }
      case .nothing(let count): used += count
      case .incomplete: return used
      case .refused(let error):
        refuse(client, error)
        return used
      }
    }
    return used
  }

  /// Reads some requests into `row`; gives what comes after them and is none, or is a line.
  private func readRow(
    _ client: ClientConnection, _ bytes: UnsafeRawBufferPointer, from start: Int
  ) -> RequestParser.Outcome? {
    row.removeAll()
    var end = start
    let bounds = client.session.bounds
    // A request of a stranger may make it none.
    let rowMax = bounds.isStranger ? 1 : KeyValueLimits.requestsAhead
    while end < bytes.count, row.count < rowMax {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
      let outcome = client.parser.next(in: rest, bounds: bounds)
      guard case .request(let count) = outcome, !client.parser.isInline else { return outcome }
      row.append(client.parser, at: end, bytes: count)
      end += count
    }
    return nil
  }

  private func refuse(_ client: ClientConnection, _ error: RESPError) {
    core.statistics.errors += 1
    replies.error("ERR \(error)")
    client.isClosing = true
    tell(.malformed(client: name(client), "\(error)"))
  }

  private func name(_ client: ClientConnection) -> String {
    "\(client.session.id) at \(client.session.address)"
  }

  /// Does what a request asks of the server, and goes on with the transaction that it is part of.
  private func follow(_ after: AfterRequest, _ client: ClientConnection) {
    answer(after, client)
    while client.session.run != nil {
      answer(core.goOn(for: &client.session, into: &replies), client)
    }
  }

  private func answer(_ after: AfterRequest, _ client: ClientConnection) {
    switch after {
    case .next: break
    case .close: client.isClosing = true
    case .refuseReply(let bytes):
      tell(.replyTooLarge(client: name(client), bytes: bytes))
      client.isClosing = true
    case .shutdown(let saves, let isForced):
      if saves, let reason = saveBeforeEnd() {
        tell(.notSaved(reason))
        guard isForced else {
          return replies.error("ERR Errors trying to SHUTDOWN. Check logs.")
        }
      }
      client.isClosing = true
      wantsStop = true
    case .listClients(let ids): listClients(ids, client)
    case .save(let isInBackground): save(isInBackground: isInBackground)
    case .wait(let replicas, let milliseconds):
      wait(client, replicas: replicas, milliseconds: milliseconds)
    case .sync(let command): answer(command, client)
    }
  }

  private func listClients(_ ids: [UInt64]?, _ client: ClientConnection) {
    let listed = ids.map { $0.compactMap { clients[$0] } } ?? Array(clients.map(\.value))
    var lines = ""
    for listed in listed.sorted(by: { $0.session.id < $1.session.id }) {
      lines += listed.session.line(
        waitingBytes: listed.waitingBytes, readBytes: listed.input.count, at: core.now)
      lines += "\n"
      let bytes = lines.utf8.count
      guard bytes <= KeyValueLimits.replyBytesMax else {
        return answer(.refuseReply(bytes: bytes), client)
      }
    }
    replies.verbatim(lines)
  }

  // MARK: Replies

  /// Gives each client of the batch its replies, or has them wait.
  func deliver(_ outcome: CommitOutcome) {
    if case .failed(let reason) = outcome {
      core.writeRefusal = reason
      tell(.commitFailed(reason))
      for client in touched { close(client) }
      taken(reason)
      return
    }
    guard outcome == .done, held.isEmpty else {
      return hold(isCommitted: outcome == .done)
    }
    taken(nil)
    for client in touched where !client.isClosed {
      guard !client.isBroken else {
        close(client)
        continue
      }
      guard !client.replies.isEmpty else {
        closeIfDone(client)
        continue
      }
      core.statistics.sentBytes += UInt64(client.replies.count)
      let bytes = UnsafeRawBufferPointer(rebasing: replies.bytes[client.replies])
      guard client.send(bytes) != .failed else {
        close(client)
        continue
      }
      closeIfDone(client)
    }
  }

  /// Closes the clients that have most waiting when it is too much in all. They read too slowly for
  /// what they ask for; what they wrote is done.
  func boundReplies() {
    let most = core.settings.waitingRepliesMax
    while waiting.bytes > most {
      let largest = clients.values.max {
        ($0.keptBytes, $0.session.id) < ($1.keptBytes, $1.session.id)
      }
      guard let largest, largest.keptBytes > 0 else { return }
      tell(
        .tooMuchWaits(
          client: name(largest), bytes: largest.keptBytes, all: waiting.bytes, max: most))
      close(largest)
    }
  }

  /// Tells whoever brought the batch from another replica what became of it.
  private func taken(_ failure: String?) {
    guard let taking else { return }
    self.taking = nil
    taking(failure)
  }

  /// Closes a client that is to be closed if it has all its replies, also those of the batch that
  /// is open.
  @discardableResult
  func closeIfDone(_ client: ClientConnection) -> Bool {
    guard client.isClosing, client.waitingBytes == 0, !isBatchOpen || client.batch != batch
    else { return false }
    close(client)
    return true
  }
}
