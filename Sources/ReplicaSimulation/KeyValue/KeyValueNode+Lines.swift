import KeyValue
import Networking
import Primitives
import Reconciliation

/// Connections of a simulated key-value store, and what comes on them.
extension KeyValueNode {
  private func send(_ message: LineMessage, to number: Int, _ moment: inout ReplicaMoment) {
    moment.act(.send(message.wireBytes, to: number))
  }

  // MARK: Connections

  mutating func dial(_ address: String, _ moment: inout ReplicaMoment) {
    guard let number = place.others.first(where: { Self.address($0) == address }),
      dialling[number] == nil
    else { return }
    let connection = moment.random.next()
    dialling[number] = (connection, ticks + ReplicaSimulationLimits.answerTicksMax)
    send(.connect(connection), to: number, &moment)
  }

  mutating func hangUp(_ number: Int, _ moment: inout ReplicaMoment) {
    guard let line = lines[number] else { return }
    send(.close(line.connection), to: number, &moment)
    leave(number, &moment)
  }

  /// A connection is gone, and with it what was asked on it.
  private mutating func leave(_ number: Int, _ moment: inout ReplicaMoment) {
    guard lines.removeValue(forKey: number) != nil else { return }
    pending = pending.filter { $0.value.peer != number }
    asked = asked.filter { $0.value.peer != number }
    tallies = tallies.filter { $0.key.peer != number }
    if running?.peer == number {
      running = nil
      moment.act(.note(.sessionInterrupted))
    }
    perform(replication.left(Self.identity(number), at: Self.time(moment)), &moment)
  }

  private mutating func join(
    _ number: Int, _ connection: UInt64, isDialled: Bool, _ moment: inout ReplicaMoment
  ) {
    leave(number, &moment)
    lines[number] = Line(connection: connection)
    dialling[number] = nil
    let actions = replication.joined(
      Self.identity(number), dialled: isDialled ? Self.address(number) : nil, &storage.core,
      at: Self.time(moment))
    perform(actions, &moment)
  }

  // MARK: Messages

  mutating func receive(_ bytes: [UInt8], from number: Int, _ moment: inout ReplicaMoment) {
    let message: LineMessage
    do throws(WireError) { message = try LineMessage(wireBytes: bytes) } catch {
      moment.act(.failed(.init(.refusedChange, "a message of \(number): \(error)")))
      return
    }
    switch message {
    case .connect(let connection):
      guard lines[number]?.connection != connection else { return }
      // Of two that dial one another the one with the smaller number is waited for.
      if dialling[number] != nil, place.number < number { return }
      send(.accepted(connection), to: number, &moment)
      join(number, connection, isDialled: false, &moment)
    case .accepted(let connection):
      if lines[number]?.connection == connection { return }
      guard dialling[number]?.connection == connection else {
        return send(.close(connection), to: number, &moment)
      }
      join(number, connection, isDialled: true, &moment)
    case .close(let connection):
      if lines[number]?.connection == connection { leave(number, &moment) }
    case .request(let connection, let request, let kind, let body):
      // What is asked on a connection says that it was accepted.
      if dialling[number]?.connection == connection, lines[number]?.connection != connection {
        join(number, connection, isDialled: true, &moment)
      }
      guard lines[number]?.connection == connection else {
        return send(.close(connection), to: number, &moment)
      }
      guard lines[number]?.seen.insert(request).inserted ?? false else { return }
      serve(kind, body, request, of: number, connection, &moment)
    case .answer(let connection, let request, let body):
      guard lines[number]?.connection == connection,
        let asked = pending.removeValue(forKey: request)
      else { return }
      came(body, to: asked, &moment)
    }
  }

  // MARK: Requests of this side

  mutating func ask(
    _ number: Int, _ wire: (kind: LineMessage.Kind, bytes: [UInt8]), _ kind: Pending.Kind,
    _ moment: inout ReplicaMoment
  ) {
    guard let line = lines[number] else { return }
    lastRequest += 1
    pending[lastRequest] = Pending(
      peer: number, kind: kind, deadline: ticks + ReplicaSimulationLimits.answerTicksMax)
    send(
      .request(connection: line.connection, number: lastRequest, wire.kind, wire.bytes),
      to: number, &moment)
  }

  private mutating func came(
    _ body: [UInt8]?, to asked: Pending, _ moment: inout ReplicaMoment
  ) {
    do throws(WireError) {
      switch asked.kind {
      case .replication(let token, let request):
        guard let body else {
          let actions = replication.failed(
            token, .refused, &storage.core, at: Self.time(moment))
          return perform(actions, &moment)
        }
        let actions = replication.answered(
          token, try request.answer(body), &storage.core, at: Self.time(moment))
        perform(actions, &moment)
      case .session(let request):
        guard let body else { return hangUp(asked.peer, &moment) }
        came(try SyncAnswer(wireBytes: body), to: request, &moment)
      case .settle:
        guard let body else { return hangUp(asked.peer, &moment) }
        settled(try SettleAnswer(wireBytes: body), &moment)
      }
    } catch {
      moment.act(.failed(.init(.refusedChange, "an answer of \(asked.peer): \(error)")))
    }
  }

  // MARK: Requests of others

  func answer(
    _ request: UInt64, of number: Int, _ connection: UInt64, _ body: [UInt8]?,
    _ moment: inout ReplicaMoment
  ) {
    guard lines[number]?.connection == connection else { return }
    send(.answer(connection: connection, number: request, body), to: number, &moment)
  }

  private mutating func serve(
    _ kind: LineMessage.Kind, _ body: [UInt8], _ request: UInt64, of number: Int,
    _ connection: UInt64, _ moment: inout ReplicaMoment
  ) {
    do throws(WireError) {
      switch kind {
      case .hello: try pass(.hello(HelloRequest(wireBytes: body)), request, number, &moment)
      case .push:
        try pass(.push(PushRequest(wireBytes: body)), request, number, &moment)
      case .round: try pass(.round(RoundRequest(wireBytes: body)), request, number, &moment)
      case .value: try pass(.value(ValueRequest(wireBytes: body)), request, number, &moment)
      case .session:
        let bytes = serve(try SyncRequest(wireBytes: body), of: number, &moment)?.wireBytes
        answer(request, of: number, connection, bytes, &moment)
      case .settle:
        var decoder = WireDecoder(body)
        let session = SyncSessionID(try decoder.uint64())
        let tally = tallies[Answered(peer: number, session: session)]
        let settled = SettleAnswer(
          taken: UInt64(tally?.count ?? 0), changed: UInt64(tally?.changed ?? 0),
          refused: UInt64(tally?.refused ?? 0), missing: 0, fetchedBytes: 0)
        answer(request, of: number, connection, settled.wireBytes, &moment)
      }
    } catch {
      moment.act(.failed(.init(.refusedChange, "a request of \(number): \(error)")))
    }
  }

  private mutating func pass(
    _ body: ReplicationRequest, _ request: UInt64, _ number: Int, _ moment: inout ReplicaMoment
  ) {
    lastToken += 1
    asked[lastToken] = (number, lines[number]?.connection ?? 0, request)
    let actions = replication.received(
      body, from: Self.identity(number), token: lastToken, &storage.core, at: Self.time(moment))
    perform(actions, &moment)
  }
}
